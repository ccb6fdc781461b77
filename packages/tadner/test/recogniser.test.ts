import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { readdir } from "node:fs/promises"
import { TadNer, type TadNerModel } from "@nuner/tadner"
import { leakCheck, tempDir, testEngine } from "@nuner/testing"
import { saveTadNer } from "../src/files/saveTadNer.ts"
import { tinyEncoder, toyModel } from "./support/toy.ts"

let model: TadNerModel
beforeAll(async () => {
  await testEngine()
  const encoder = await tinyEncoder()
  model = await toyModel(encoder)
  encoder.dispose()
}, 600_000)
afterAll(() => model.dispose())

const examples = [
  {
    text: "Macbar saw the Viltam",
    entities: [
      { text: "Macbar", type: "hero" },
      { text: "Viltam", type: "town" }
    ]
  },
  {
    text: "went to Villor with a Macgin",
    entities: [
      { start: 8, end: 14, type: "town" },
      { text: "Macgin", type: "hero" }
    ]
  }
]
const options = { learningRate: 1e-3, steps: 10, classifierPatience: 10, filter: false }

describe("TadNer", () => {
  test("learns types of its own from two examples, and marks them in text by UTF-16 offsets", async () => {
    await leakCheck(async () => {
      const tadner = await TadNer.fit(examples, { model, ...options })
      expect(tadner.types).toEqual(["hero", "town"])
      const texts = ["😀 the Macmel went to Vildur", "", "and then the"]
      const [found, none] = await tadner.predict(texts)
      expect(found!.map(({ end, start, text, type }) => ({ end, start, text, type }))).toEqual([
        { start: 7, end: 13, text: "Macmel", type: "hero" },
        { start: 22, end: 28, text: "Vildur", type: "town" }
      ])
      expect(none).toEqual([])
      const [words] = await tadner.predictWords([{ words: ["the", "Macmel"] }])
      expect(words).toMatchObject([{ start: 1, end: 2, type: "hero" }])
      tadner.dispose()
    })
  })

  test("what was frozen while it learned is trainable again", async () => {
    const tadner = await TadNer.fit(examples, { model, ...options, steps: 1, frozenLayers: 1 })
    await tadner.predict(["the Macmel"])
    for (const { parameters } of [tadner.model.detector.encoder, tadner.model.classifier]) {
      expect(Object.entries(parameters).filter(([, { trainable }]) => !trainable)).toEqual([])
    }
    tadner.dispose()
  })

  test("a saved recogniser says the same", async () => {
    using dir = tempDir()
    await leakCheck(async () => {
      const tadner = await TadNer.fit(examples, { model, ...options, typeNames: { town: "city" } })
      await tadner.save(dir.file("heroes"))
      const loaded = await TadNer.load(dir.file("heroes"))
      const text = ["the Macmel went to Vildur and Viltam"]
      expect(await loaded.predict(text)).toEqual(await tadner.predict(text))
      const { model: _, predict: __, predictWords: ___, save: ____, dispose: _____, ...parts } = loaded
      expect(tadner).toMatchObject(parts)
      expect(loaded.typeNames).toEqual(["hero", "city"])
      // One that came apart is not written, and what stood there stays.
      const prototypes = { ...tadner.prototypes, values: tadner.prototypes.values.map(() => Number.NaN) }
      const save = (change: object) => saveTadNer(dir.file("heroes"), { ...tadner, ...change })
      await expect(save({ threshold: Number.NaN })).rejects.toThrow('option "threshold": is NaN')
      await expect(save({ prototypes })).rejects.toThrow(
        `${dir.file("heroes")}/types.safetensors: tensor "prototypes": holds NaN`
      )
      expect(await readdir(dir.path)).toEqual(["heroes"])
      loaded.dispose()
      tadner.dispose()
    })
  })

  test("one type is enough to be saved", async () => {
    using dir = tempDir()
    const tadner = await TadNer.fit([{ text: "saw Macbar", entities: [{ text: "Macbar", type: "hero" }] }], {
      model,
      ...options
    })
    await tadner.save(dir.file("one"))
    const loaded = await TadNer.load(dir.file("one"))
    expect(loaded.types).toEqual(["hero"])
    for (const one of [tadner, loaded]) one.dispose()
  })

  test("the filter drops what no example resembles; a text of any length is read", async () => {
    const tadner = await TadNer.fit(examples, { model, ...options, filter: true })
    const text = `${"the and then a ".repeat(40)}Macmel`
    const open = await TadNer.fit(examples, { model, ...options })
    const [all] = await open.predict([text])
    open.dispose()
    const [kept] = await tadner.predict([text])
    expect(kept!.length).toBeLessThanOrEqual(all!.length)
    expect(kept!.every(({ score }) => score > tadner.threshold)).toBe(true)
    expect(text.length).toBeGreaterThan(500)
    tadner.dispose()
  })

  test("examples and options are checked by name", async () => {
    const refused = (support: Parameters<typeof TadNer.fit>[0], message: string, more: object = {}) =>
      leakCheck(() => expect(TadNer.fit(support, { model, ...more })).rejects.toThrow(message))
    await refused([{ text: "Macbar", entities: [{ text: "Mac", type: "hero" }] }], '"Mac" is not in the text')
    await refused([{ text: "Macbar", entities: [{ start: 0, end: 3, type: "hero" }] }], 'cuts the word "Macbar"')
    await refused([{ text: "Macbar", entities: [] }], "entities: there are none")
    await refused(examples, 'option "fraction"', { fraction: 1 })
    await refused(examples, 'option "onNoSpan"', { onNoSpan: "empty" })
    await refused(examples, '"hero", which is not listed', { types: ["town"] })
    await refused(examples, "hero: is blank", { typeNames: { hero: "" } })
  })
})
