import { beforeAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { maxTokens } from "@nuner/encoder"
import { leakCheck, oddTexts, testEngine } from "@nuner/testing"
import { type Candidate, type Gliner, loadGliner, mergeWords } from "@nuner/zeroshot"

beforeAll(testEngine)

const fixtures = join(import.meta.dir, "fixtures")
const types = ["person", "city", "award"]
const using = (name: string, body: (model: Gliner) => Promise<void>) =>
  leakCheck(async () => {
    const model = await loadGliner(join(fixtures, name))
    try {
      await body(model)
    } finally {
      model.dispose()
    }
  })
const sorted = (entities: ReadonlyArray<object>) => entities.map((entity) => JSON.stringify(entity)).sort()
const text = "Marie Curie was born in Warsaw, and O'Neil in New-York_City."

describe("predict", () => {
  test("offsets, words and order", () =>
    using("marker", async (model) => {
      const { entities } = await model.predict([text], types, { threshold: 0.3, nested: true, multiLabel: true })
      expect(entities[0]!.length).toBeGreaterThan(10)
      let last = 0
      for (const { end, score, start, text: found, type } of entities[0]!) {
        expect(text.slice(start, end)).toBe(found)
        expect(types).toContain(type)
        expect(score).toBeGreaterThan(0.3)
        expect(start).toBeGreaterThanOrEqual(last)
        last = start
      }
    }))

  test("the threshold of a type goes over that of all", () =>
    using("marker", async (model) => {
      const open = { threshold: 0.5, nested: true, multiLabel: true }
      const all = (await model.predict([text], types, open)).entities[0]!
      const some = (await model.predict([text], types, { ...open, thresholds: { city: 0.9, award: 0 } })).entities[0]!
      expect(some.filter(({ type }) => type === "city").every(({ score }) => score > 0.9)).toBe(true)
      expect(sorted(some.filter(({ type }) => type === "person"))).toEqual(
        sorted(all.filter(({ type }) => type === "person"))
      )
      expect(some.filter(({ type }) => type === "award").length).toBeGreaterThan(
        all.filter(({ type }) => type === "award").length
      )
      const one = { ...open, threshold: 0.01 }
      const [named, other] = await Promise.all(
        ["constructor", "city"].map(async (name) => model.predict([text], [{ name, read: "city" }], one))
      )
      expect(named!.entities[0]!.length).toBe(other!.entities[0]!.length)
      expect(other!.entities[0]!.length).toBeGreaterThan(0)
    }))

  test("a token-level model's score is the least probability, or the mean of those inside", () =>
    using("token-level", async (model) => {
      const scores = async (tokenScore?: "min" | "mean") => {
        const options = { threshold: 0.3, nested: true, multiLabel: true, ...(tokenScore && { tokenScore }) }
        const { entities } = await model.predict([text], types, options)
        return new Map(entities[0]!.map(({ end, score, start, type }) => [`${start} ${end} ${type}`, score]))
      }
      const [least, mean] = [await scores("min"), await scores("mean")]
      expect(least).toEqual(await scores())
      // Which crossing ones stay depends on the scores.
      const common = [...mean].filter(([entity]) => least.has(entity))
      expect(common.length).toBeGreaterThan(10)
      for (const [entity, score] of common) expect(score).toBeGreaterThanOrEqual(least.get(entity)!)
      expect(common.some(([entity, score]) => score > least.get(entity)!)).toBe(true)
    }))

  test("an entity's score depends on its text alone, however texts are batched", () =>
    using("marker-v0", async (model) => {
      const texts = oddTexts.slice(0, 40)
      const together = await model.predict(texts, types, { threshold: 0.4, batchTokens: 4000 })
      const apart = await model.predict(texts, types, { threshold: 0.4, batchTokens: 1 })
      for (const [i, ofText] of together.entities.entries()) {
        expect(ofText.map(({ end, start, type }) => [start, end, type])).toEqual(
          apart.entities[i]!.map(({ end, start, type }) => [start, end, type])
        )
        for (const [n, { score }] of ofText.entries()) expect(score).toBeCloseTo(apart.entities[i]![n]!.score, 4)
      }
    }))

  test("a long text is read in windows; nothing of it is unread, and what lies in one window is as if it were alone", () =>
    using("width-1", async (model) => {
      const long = Array.from({ length: 400 }, (_, i) => ["Marie", "Curie", "saw", "Warsaw"][i % 4]).join(" ")
      const { entities, unrepresented } = await model.predict([long, text], types, {
        threshold: 0.05,
        multiLabel: true
      })
      expect(unrepresented).toEqual({
        emptyTexts: 0,
        windowedTexts: 1,
        unreadWords: 0,
        repeatedTypes: 0,
        typeGroups: 1
      })
      const last = entities[0]!.at(-1)!
      expect(last.end).toBeGreaterThan(long.length - 60)
      const cut = await model.predict([long, text], types, { mode: "published", threshold: 0.05, multiLabel: true })
      expect(cut.unrepresented.windowedTexts).toBe(0)
      expect(cut.unrepresented.unreadWords).toBeGreaterThanOrEqual(300)
      expect(sorted(cut.entities[1]!).length).toBeGreaterThan(0)
      expect(maxTokens(model.encoder.config)).toBe(128)
    }))

  test("types in groups: all are asked for, and candidates of all groups compete", () =>
    using("marker", async (model) => {
      const many = Array.from({ length: 60 }, (_, i) => String.fromCharCode(0x61 + i))
      const open = { threshold: 0, nested: true, multiLabel: true }
      const { entities, unrepresented } = await model.predict(["Ada"], many, open)
      expect(unrepresented.typeGroups).toBe(3)
      expect(new Set(entities[0]!.map(({ type }) => type))).toEqual(new Set(many))
      const flat = await model.predict(["Ada"], many, { threshold: 0 })
      const best = entities[0]!.toSorted((a, b) => b.score - a.score)[0]!
      expect(flat.entities[0]).toEqual([best])
      const once = await model.predict(["Ada"], many.slice(0, 40), { ...open, typesAtOnce: 60 })
      expect(once.unrepresented.typeGroups).toBe(1)
    }))

  test("as published, types beyond the window are cut off, and found nowhere", () =>
    using("marker", async (model) => {
      const many = Array.from({ length: 90 }, (_, i) => `city ${i}`)
      const open = { mode: "published", threshold: 0, nested: true, multiLabel: true } as const
      const { entities } = await model.predict(["Ada", text], many, open)
      const found = new Set(entities.flat().map(({ type }) => type))
      expect(found.size).toBeLessThan(90)
      expect(found).toEqual(new Set(many.slice(0, found.size)))
    }))

  test("no word, no type, a type twice, a type with a mark in it", () =>
    using("token-level", async (model) => {
      const nothing = await model.predict(["", "  ", "Ada"], [])
      expect(nothing.entities).toEqual([[], [], []])
      expect(nothing.unrepresented).toEqual({
        emptyTexts: 2,
        windowedTexts: 0,
        unreadWords: 0,
        repeatedTypes: 0,
        typeGroups: 0
      })
      const twice = await model.predict([text], ["city", "city"], { threshold: 0.1 })
      expect(twice.unrepresented.repeatedTypes).toBe(1)
      expect(sorted(twice.entities[0]!)).toEqual(
        sorted((await model.predict([text], ["city"], { threshold: 0.1 })).entities[0]!)
      )
      expect(model.predict([text], ["a <<SEP>> b"])).rejects.toThrow(/holds <<SEP>>/)
      expect(model.predict([text], ["city"], { treshold: 0.1 } as object)).rejects.toThrow(/did you mean "threshold"/)
    }))

  test("a type is read as its text and called by its name", () =>
    using("marker", async (model) => {
      const open = { threshold: 0.2, nested: true, multiLabel: true }
      const named = await model.predict([text], [{ name: "LOC", read: "city" }], open)
      const plain = await model.predict([text], ["city"], open)
      expect(named.entities[0]).toEqual(plain.entities[0]!.map((entity) => ({ ...entity, type: "LOC" })))
      expect(model.predict([text], [{ name: "LOC", read: ["city", "town"] }])).rejects.toThrow(/reads one text a type/)
    }))

  test("a word that the tokenizer knows nothing of is read as unknown; as published, it shifts those behind it", () =>
    using("width-1", async (model) => {
      const sentence = { words: ["\u200b", "Ada", "saw", "Rome"] }
      const open = { threshold: 0.01, merge: "none", multiLabel: true } as const
      const ours = await model.predictWords([sentence], types, open)
      const shifted = await model.predictWords([sentence], types, { ...open, emptyWords: "shift" })
      const plain = await model.predictWords([{ words: ["Ada", "saw", "Rome"] }], types, {
        ...open,
        emptyWords: "shift"
      })
      const scores = (found: typeof ours, words: number) =>
        found.entities[0]!.filter(({ start }) => start < words).map(
          ({ score, start, type }) => `${start} ${type} ${score.toFixed(4)}`
        )
      expect(ours.entities[0]!.some(({ start }) => start === 3)).toBe(true)
      // The empty word has the vector of "Ada", and so on; the last word has none of its own.
      expect(scores(shifted, 1).length).toBeGreaterThan(0)
      expect(scores(ours, 4)).not.toEqual(scores(shifted, 4))
      expect(plain.unrepresented.unreadWords).toBe(0)
    }))

  test("cancelling ends it between batches", () =>
    using("marker", async (model) => {
      const signal = AbortSignal.abort(new Error("enough"))
      expect(model.predict([text], types, { signal })).rejects.toThrow("enough")
    }))
})

describe("words of NuNER Zero become entities", () => {
  const word = (start: number, type: number, score: number): Candidate => ({ start, end: start, type, score })
  const tight = (...gaps: Array<number>) => {
    let at = 0
    return gaps.map((gap) => {
      const start = at + gap
      at = start + 3
      return { start, end: at }
    })
  }

  test("neighbours of one type are one entity, with the least score", () => {
    const words = [word(0, 0, 0.9), word(1, 0, 0.7), word(3, 0, 0.8), word(4, 1, 0.6)]
    expect(mergeWords(words, tight(0, 1, 1, 1, 1), "corrected")).toEqual([
      { start: 0, end: 1, type: 0, score: 0.7 },
      { start: 3, end: 3, type: 0, score: 0.8 },
      { start: 4, end: 4, type: 1, score: 0.6 }
    ])
  })

  test("as published: by characters, the first score, broken by two spaces and by another type between", () => {
    const pair = [word(0, 0, 0.9), word(1, 0, 0.7)]
    expect(mergeWords(pair, tight(0, 1), "published")).toEqual([{ start: 0, end: 1, type: 0, score: 0.9 }])
    expect(mergeWords(pair, tight(0, 2), "published")).toEqual(pair)
    expect(mergeWords(pair, tight(0, 2), "corrected").length).toBe(1)
    const interleaved = [word(0, 0, 0.9), word(0, 1, 0.8), word(1, 0, 0.7), word(1, 1, 0.6)]
    expect(mergeWords(interleaved, tight(0, 1), "published").length).toBe(4)
    expect(mergeWords(interleaved, tight(0, 1), "corrected")).toEqual([
      { start: 0, end: 1, type: 0, score: 0.7 },
      { start: 0, end: 1, type: 1, score: 0.6 }
    ])
  })
})
