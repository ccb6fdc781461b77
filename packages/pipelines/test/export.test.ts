import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  type ClassScheme,
  fitProbe,
  loadClassifier,
  saveClassifier,
  tokenClassifier,
  wordFeatures
} from "@nuner/classifier"
import { readManifest, writeJsonl } from "@nuner/core"
import {
  type Encoder,
  loadEncoder,
  loadTokenClassifier,
  randomEncoder,
  saveEncoder,
  small,
  trainByteLevelBpe
} from "@nuner/encoder"
import { readSafetensors, useEngine } from "@nuner/engine"
import { tempDir } from "@nuner/testing"
import { loadGliner } from "@nuner/zeroshot"
import { cli } from "./support/inChild.ts"
import { inProcess } from "./support/inProcess.ts"

const folder = tempDir()
const at = (name: string): string => folder.file(name)
const labelled = [
  {
    words: ["Ada", "lives", "in", "Bonn"],
    entities: [
      { start: 0, end: 1, type: "person" },
      { start: 3, end: 4, type: "city" }
    ]
  },
  {
    words: ["Oslo", "greets", "Bob"],
    entities: [
      { start: 0, end: 1, type: "city" },
      { start: 2, end: 3, type: "person" }
    ]
  }
]

/** A probe on `encoder`, saved as a model directory. */
const saveProbe = async (
  encoder: Encoder,
  directory: string,
  layers: ReadonlyArray<number>,
  scheme: ClassScheme = "bare"
) => {
  const features = await wordFeatures(encoder, labelled, { layers, pooling: "mean" })
  const { head } = fitProbe(features, labelled, { c: 1, scheme })
  await saveClassifier(directory, tokenClassifier({ encoder, head, layers, pooling: "mean", scheme, temperature: 2 }))
}

beforeAll(async () => {
  await useEngine()
  const tokenizer = await trainByteLevelBpe(
    labelled.map(({ words }) => words.join(" ")),
    { vocabSize: 300 }
  )
  const encoder = randomEncoder(
    small({ hidden: 16, layers: 2, heads: 2, positions: 40, initializerRange: 0.3 }),
    tokenizer,
    0
  )
  await saveEncoder(at("encoder"), encoder, { card: "# Ours\n" })
  await saveProbe(encoder, at("ner"), [-1])
  await saveProbe(encoder, at("deep"), [-1, -2])
  await saveProbe(encoder, at("iobes"), [-1], "IOBES")
  encoder.dispose()
}, 60_000)
afterAll(() => folder[Symbol.dispose]())

describe("nuner export", () => {
  test("writes an encoder for transformers and transformers.js, and keeps its card", async () => {
    const { code, err, out } = await inProcess(
      "export",
      "--model",
      at("encoder"),
      "-o",
      at("e"),
      "--onnx",
      "fp32,int8",
      "--dtype",
      "F16"
    )
    expect([code, out.trim()]).toEqual([0, at("e")])
    expect(err).toContain("encoder, safetensors F16, ONNX fp32, int8")
    expect(readdirSync(at("e/onnx")).sort()).toEqual(["model.onnx", "model_quantized.onnx"])
    expect(readFileSync(at("e/README.md"), "utf8")).toBe("# Ours\n")
    expect(JSON.parse(readFileSync(at("e/config.json"), "utf8")).torch_dtype).toBe("float16")
    const file = await readSafetensors(at("e/model.safetensors"))
    expect(new Set([...file.entries.values()].map(({ dtype }) => dtype))).toEqual(new Set(["F16"]))
    await file.close()
    ;(await loadEncoder(at("e"))).dispose()
    const { artefacts } = await readManifest(at("e.manifest.json"))
    expect(artefacts.length).toBe(8)
  })

  test("a second export leaves no network of the first behind", async () => {
    await inProcess("export", "--model", at("encoder"), "-o", at("twice"), "--onnx", "fp32,int8")
    const { err } = await inProcess("export", "--model", at("encoder"), "-o", at("twice"), "--onnx", "int8")
    expect(err).not.toContain("unchanged")
    expect(readdirSync(at("twice/onnx"))).toEqual(["model_quantized.onnx"])
    expect((await inProcess("export", "--model", at("encoder"), "-o", at("twice"), "--onnx", "int8")).err).toContain(
      "unchanged, kept"
    )
  })

  test("a classifier: the same entities and scores, its temperature in the head", async () => {
    const { code, err } = await inProcess("export", "--model", at("ner"), "-o", at("n"), "--onnx", "fp32")
    expect(code).toBe(0)
    expect(err).toMatch(/note: .*aggregation_strategy="average"/)
    expect(err).toContain("token classifier of 3 labels")
    const before = await loadClassifier(at("ner"))
    const after = await loadClassifier(at("n"))
    expect([before.temperature, after.temperature]).toEqual([2, 1])
    const sentences = labelled.map(({ words }) => ({ words }))
    const ours = await before.predictWords(sentences)
    const again = await after.predictWords(sentences)
    expect(ours.flat().length).toBeGreaterThan(0)
    for (const [i, entities] of ours.entries()) {
      for (const [j, { score, ...entity }] of entities.entries()) {
        expect(again[i]![j]).toMatchObject(entity)
        expect(again[i]![j]!.score).toBeCloseTo(score, 5)
      }
    }
    const [cold, warm] = [await loadTokenClassifier(at("ner")), await loadTokenClassifier(at("n"))]
    expect(warm.labels).toEqual(cold.labels)
    expect([...warm.kernel.dataSync()].map((value) => value * 2)).toEqual([...cold.kernel.dataSync()])
    expect([...warm.bias.dataSync()].map((value) => value * 2)).toEqual([...cold.bias.dataSync()])
    for (const one of [before, after, cold, warm]) one.dispose()
  })

  test("says that pipelines of other stacks know no E- and S-", async () => {
    const { code, err } = await inProcess("export", "--model", at("iobes"), "-o", at("i"))
    expect([code, err]).toEqual([0, expect.stringMatching(/note: .*B- and I- alone.*--scheme BIO/)])
  })

  test("a head over two layers: a network and what it means, the same entities here, and a word on who has no class for it", async () => {
    const { code, err } = await inProcess("export", "--model", at("deep"), "-o", at("d"), "--onnx", "fp32")
    expect(code).toBe(0)
    expect(err).toMatch(/note: the head reads the layers -1, -2: ONNX holds that; Python's transformers has no class/)
    expect(existsSync(at("d/onnx/model.onnx"))).toBe(true)
    const { architectures, id2label } = JSON.parse(readFileSync(at("d/config.json"), "utf8"))
    expect([architectures, Object.values(id2label)]).toEqual([["RobertaModel"], ["O", "city", "person"]])
    const [before, after] = [await loadClassifier(at("deep")), await loadClassifier(at("d"))]
    const sentences = labelled.map(({ words }) => ({ words }))
    const [ours, again] = [await before.predictWords(sentences), await after.predictWords(sentences)]
    expect(ours.flat().length).toBeGreaterThan(0)
    const rounded = (found: typeof ours) =>
      found.map((entities) => entities.map((entity) => ({ ...entity, score: entity.score.toFixed(4) })))
    expect(rounded(again)).toEqual(rounded(ours))
    for (const one of [before, after]) one.dispose()
    const encoderOnly = await inProcess("export", "--model", at("deep"), "-o", at("d"), "--encoder-only")
    expect(encoderOnly.err).toContain("encoder, safetensors F32")
    expect([existsSync(at("d/nuner.json")), existsSync(at("d/onnx/model.onnx"))]).toEqual([false, false])
  })

  test("what cannot be meant is refused in one line", async () => {
    const cases: Array<[Array<string>, RegExp]> = [
      [["--model", at("encoder"), "-o", at("encoder")], /is also an input/],
      [["--model", at("encoder"), "-o", at("x"), "--onnx", "int4"], /"onnx\[0\]".*int4/],
      [["--model", at("encoder"), "-o", at("x"), "--dtype", "BF16"], /dtype/],
      [["--model", at("nowhere/to/be"), "-o", at("x")], /neither a directory/]
    ]
    for (const [args, message] of cases) {
      const { code, err } = await inProcess("export", ...args)
      expect(code).toBe(1)
      expect(err).toMatch(message)
      expect(err.trim()).not.toContain("\n")
    }
    expect(existsSync(at("x"))).toBe(false)
  })
})

describe("nuner encode", () => {
  const sentences = Array.from({ length: 40 }, (_, i) => ({
    id: `s${i}`,
    text: `Zoë 🥐 ${i} lives in Bonn ${"and ".repeat(i % 9)}`
  }))

  test("writes a row a sentence, in order, and keeps what is up to date", async () => {
    await writeJsonl(at("in.jsonl"), sentences)
    writeFileSync(at("more.txt"), "Ada greets Bob.\n")
    const args = [
      "encode",
      at("in.jsonl"),
      at("more.txt"),
      "--model",
      at("encoder"),
      "--pooling",
      "word",
      "--layers",
      "-1,-2"
    ]
    const { code, err, out } = await inProcess(
      ...args,
      "-o",
      at("w.jsonl"),
      "--offsets",
      "codepoints",
      "--read-ahead",
      "7"
    )
    expect([code, out.trim()]).toEqual([0, at("w.jsonl")])
    expect(err).toMatch(/41 sentences, \d+ tokens, \d+ longer than the encoder's window, read in several/)
    const rows = Bun.JSONL.parse(readFileSync(at("w.jsonl"), "utf8")) as Array<{
      id: string
      text: string
      start: Array<number>
      end: Array<number>
      vectors: Array<Array<number>>
    }>
    expect(rows.slice(0, 40).map(({ id, text }) => ({ id, text }))).toEqual(sentences)
    const [first] = rows
    expect([...first!.text].slice(first!.start[2]!, first!.end[2]!).join("")).toBe("0")
    expect(first!.vectors.every((vector) => vector.length === 32)).toBe(true)
    expect((await readManifest(at("w.jsonl.manifest.json"))).counts.sentences).toEqual({ in: 41, out: 41, dropped: {} })
    expect(
      (await inProcess(...args, "-o", at("w.jsonl"), "--offsets", "codepoints", "--read-ahead", "7")).err
    ).toContain("unchanged, kept")
  })

  test("refuses what it cannot do before it reads anything", async () => {
    const encode = (...args: ReadonlyArray<string>) =>
      inProcess("encode", at("in.jsonl"), "--model", at("encoder"), ...args)
    expect((await encode("-o", at("v.csv"))).err).toMatch(/^error: .*\.jsonl or \.parquet/)
    expect((await encode("-o", at("v.jsonl"), "--layers", "7")).err).toMatch(/layers.*7 is not in/)
    expect((await encode("-o", at("v.jsonl"), "--batch-tokens", "0")).err).toMatch(/batchTokens/)
    writeFileSync(at("empty.txt"), "\n")
    expect((await inProcess("encode", at("empty.txt"), "--model", at("encoder"), "-o", at("v.jsonl"))).err).toMatch(
      /has no text/
    )
    expect(existsSync(at("v.jsonl"))).toBe(false)
  })

  test("an interrupt ends it and leaves no half file", async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => ({
      id: String(i),
      text: "Ada lives in Bonn and Bob in Oslo ".repeat(8)
    }))
    await writeJsonl(at("many.jsonl"), many)
    const child = Bun.spawn(
      ["bun", cli, "encode", at("many.jsonl"), "--model", at("encoder"), "-o", at("many.parquet")],
      { stdout: "ignore", stderr: "ignore" }
    )
    while (!readdirSync(folder.path).some((name) => name.startsWith("many.parquet."))) await Bun.sleep(20)
    child.kill("SIGINT")
    expect(await child.exited).toBe(130)
    expect(readdirSync(folder.path).filter((name) => name.startsWith("many.parquet"))).toEqual([])
  })
})

test("a zero-shot model goes out in the layout of GLiNER's Python, with its network in ONNX", async () => {
  const model = join(import.meta.dir, "../../zeroshot/test/fixtures/width-1")
  const { code, err } = await inProcess("export", model, "-o", at("zero"), "--onnx", "fp32", "--dtype", "F16")
  expect([code, err]).toEqual([
    0,
    expect.stringContaining("zero-shot model in GLiNER's layout, safetensors F16, ONNX fp32")
  ])
  expect(existsSync(at("zero/onnx/model.onnx"))).toBe(true)
  const [before, after] = [await loadGliner(model), await loadGliner(at("zero"))]
  const found = async ({ predict }: typeof before) =>
    (await predict(["Ada lives in Bonn"], ["person", "city"], { threshold: 0.01, multiLabel: true })).entities[0]!
  const [wanted, given] = [await found(before), await found(after)]
  expect(given.map(({ text, type }) => [text, type])).toEqual(wanted.map(({ text, type }) => [text, type]))
  for (const [i, { score }] of given.entries()) expect(score).toBeCloseTo(wanted[i]!.score, 2)
  before.dispose()
  after.dispose()
})
