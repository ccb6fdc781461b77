import { beforeAll, describe, expect, test } from "bun:test"
import { cp, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { FakeHub, leakCheck, oddTexts, tempDir, testEngine } from "@nuner/testing"
import { type Gliner, loadGliner, trainZeroShot, wordRules, ZeroShot } from "@nuner/zeroshot"
import { LabelVectors } from "../src/gliner/LabelVectors.ts"
import { readLogits } from "../src/gliner/readLogits.ts"
import { rowBatch } from "../src/gliner/rowBatch.ts"
import { promptRow, wordPieces } from "../src/prompt/prompt.ts"
import reference from "./fixtures/gliner-bi.json" with { type: "json" }
import { expectLogits } from "./support/expectLogits.ts"

// Models whose types have an encoder of their own, made by GLiNER's Python, with its logits and entities (reference/make_bi.py).

beforeAll(testEngine)

const fixtures = join(import.meta.dir, "fixtures")
const types = [...new Set(reference.types)]

const logitsOf = async ({ config, encoder, head, labels }: Gliner, texts: ReadonlyArray<string>) => {
  const words = texts.map((text) => wordRules.published(text).map(({ word }) => word))
  const pieces = await wordPieces(encoder.tokenizer, words.flat())
  const { typeToken } = config
  const rows = words.map((some) => promptRow({ tokenizer: encoder.tokenizer, typeToken }, pieces, [], some, "shift"))
  const own = new LabelVectors(labels!, head, config.hidden)
  await own.read(types)
  const all = types.map((_, i) => i)
  const asked = own.rows(
    texts.map(() => all),
    types
  )
  expect(asked.rows).toBe(1)
  const batch = { ...rowBatch(rows, encoder.config.padId, config), types: types.length }
  return readLogits({ config, encoder, head }, batch, asked)
}

describe.each(Object.entries(reference.models))("%s", (name, wanted) => {
  test("logits", () =>
    leakCheck(async () => {
      const model = await loadGliner(join(fixtures, name))
      const found = await logitsOf(model, wanted.sample)
      expectLogits(found, wanted, model.config.spanMode)
      model.dispose()
    }))

  test.each(Object.entries(wanted.entities))("entities, %s", (how, entities) =>
    leakCheck(async () => {
      const model = await loadGliner(join(fixtures, name))
      const { entities: found } = await model.predict(oddTexts, reference.types, {
        ...{ mode: "published", threshold: wanted.threshold, nested: how === "nested", multiLabel: how === "multi" }
      })
      const listed = (some: ReadonlyArray<ReadonlyArray<number>>) =>
        some.map((one) => one.slice(0, 3).join(" ")).toSorted()
      let count = 0
      for (const [i, text] of oddTexts.entries()) {
        const points = (at: number) => [...text.slice(0, at)].length
        const ours = found[i]!.map(({ end, start, type }) => [points(start), points(end), types.indexOf(type)])
        expect(listed(ours), text).toEqual(listed(entities[i]!))
        count += ours.length
      }
      expect(count).toBeGreaterThan(300)
      model.dispose()
    })
  )
})

test("types in groups score as in one go, since they do not see each other; a text beyond the limit is read in windows", () =>
  leakCheck(async () => {
    const model = await loadGliner(join(fixtures, "bi-span"))
    const many = Array.from({ length: 30 }, (_, i) => `kind ${i}`)
    const texts = ["Marie Curie saw Warsaw", "Ada", "x ".repeat(600)]
    const together = await model.predict(texts, many, { threshold: 0.4 })
    const apart = await model.predict(texts, many, { threshold: 0.4, typesAtOnce: 7 })
    expect([together.unrepresented.typeGroups, apart.unrepresented.typeGroups]).toEqual([1, 5])
    expect(together.unrepresented.windowedTexts).toBe(1)
    expect(together.entities.flat().length).toBeGreaterThan(0)
    const places = ({ entities }: typeof apart) =>
      entities.map((one) => one.map(({ end, start, type }) => [start, end, type]))
    expect(places(apart)).toEqual(places(together))
    model.dispose()
  }))

test("it is fetched from the hub with the tokenizer of its types; not trained, not saved; a missing config is asked for", () =>
  leakCheck(async () => {
    using folder = tempDir()
    const source = join(fixtures, "bi-span")
    const names = ["gliner_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
    const all = [...names, "labels_tokenizer/tokenizer.json", "labels_tokenizer/tokenizer_config.json"]
    const files = await Promise.all(
      all.map(async (name) => [name, new Uint8Array(await readFile(join(source, name)))] as const)
    )
    await using hub = new FakeHub({ models: { "org/bi": Object.fromEntries(files) } })
    const settings = { endpoint: hub.endpoint, cache: folder.file("cache"), offline: false, timeoutSeconds: 10 }
    const model = (await ZeroShot.fromPretrained("org/bi", { hub: settings })) as Gliner
    expect(model.save(folder.file("saved"))).rejects.toThrow("read, not written")
    const sentences = [{ text: "Ada", mentions: [{ start: 0, end: 3, concept: "person" }] }]
    expect(trainZeroShot({ model, sentences }).next()).rejects.toThrow("not trained here")
    model.dispose()
    const bare = folder.file("bare")
    await cp(source, bare, { recursive: true })
    const config = JSON.parse(await readFile(join(bare, "gliner_config.json"), "utf8"))
    await writeFile(join(bare, "gliner_config.json"), JSON.stringify({ ...config, labels_encoder_config: null }))
    await expect(loadGliner(bare)).rejects.toThrow(/labels_encoder_config: is missing/)
    await rm(bare, { recursive: true })
  }))
