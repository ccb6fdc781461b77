import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { cp, readdir, readFile, rm } from "node:fs/promises"
import { join } from "node:path"
import { type AlignedSentence, OptionError, rng } from "@nuner/core"
import { randomEncoder, resolveModel, small, trainByteLevelBpe } from "@nuner/encoder"
import { tf } from "@nuner/engine"
import { close, FakeHub, leakCheck, tempDir, testEngine } from "@nuner/testing"
import { biEncoder, calibrate, conceptsOf, loadPair, typeScores, ZeroShot, type ZeroShotModel } from "@nuner/zeroshot"
import { wordLogits } from "../src/biencoder/biEncoder.ts"
import { TypeVectors } from "../src/biencoder/TypeVectors.ts"
import { type WordVectors, wordVectors } from "../src/biencoder/wordVectors.ts"

let mini: ZeroShotModel
beforeAll(async () => {
  await testEngine()
  mini = await ZeroShot.fromPretrained("mini")
}, 60_000)
afterAll(() => mini.dispose())

const text = "In 2005 Angela Merkel of the Christian Democratic Union was sworn in in Germany."
const types = ["politician", "political party", "country"]

const found = async (
  texts: ReadonlyArray<string>,
  types: Parameters<ZeroShotModel["predict"]>[1],
  options: Parameters<ZeroShotModel["predict"]>[2] = { threshold: 0.3 }
) => {
  const { entities } = await mini.predict(texts, types, options)
  return entities.map((ofText) => ofText.map(({ text, type }) => `${text}: ${type}`))
}

describe("mini", () => {
  test("finds entities of types that it is told, at their places", async () => {
    const { entities, unrepresented } = await leakCheck(() => mini.predict([text, ""], types, { threshold: 0.3 }))
    expect(entities[0]!.map(({ text, type }) => `${text}: ${type}`)).toEqual([
      "Angela Merkel: politician",
      "Christian Democratic Union: political party",
      "Germany: country"
    ])
    for (const { end, start, text: own } of entities[0]!) expect(text.slice(start, end)).toBe(own)
    expect(entities[1]).toEqual([])
    expect(unrepresented).toMatchObject({ emptyTexts: 1, windowedTexts: 0, repeatedTypes: 0, typeGroups: 1 })
  })

  test("words of a sentence that are given are its words, and a type that comes again counts once", async () => {
    const words = text.replace(".", " .").split(" ")
    const { entities, unrepresented } = await mini.predictWords([{ words }], [...types, "country"], { threshold: 0.3 })
    expect(entities[0]!.map(({ end, start }) => words.slice(start, end).join(" "))).toEqual([
      "Angela Merkel",
      "Christian Democratic Union",
      "Germany"
    ])
    expect(unrepresented.repeatedTypes).toBe(1)
  })

  test("a type is called by its name and read by its text; several phrasings are their mean", async () => {
    const called = await found([text], [{ name: "LAND", read: "Country" }])
    expect(called).toEqual([["Germany: LAND"]])
    const score = async (read: string | ReadonlyArray<string>) => {
      const options = { threshold: 0, thresholds: {} }
      const { entities } = await mini.predictWords([{ words: ["Germany"] }], [{ name: "LAND", read }], options)
      const p = entities[0]![0]!.score
      return Math.log(p / (1 - p))
    }
    const [one, other] = [await score("country"), await score("nation state")]
    expect(one).not.toBeCloseTo(other, 1)
    expect(await score(["country", "nation state"])).toBeCloseTo((one + other) / 2, 3)
  })

  test("thresholds of single types come before that of all", async () => {
    expect(await found([text], types, { threshold: 0.3, thresholds: { country: 1, "political party": 0.5 } })).toEqual([
      ["Angela Merkel: politician", "Christian Democratic Union: political party"]
    ])
    expect(await found([text], types, { threshold: 1, thresholds: { country: 0.05 } })).toEqual([["Germany: country"]])
    // A type that is called as what every object has: it has none of its own.
    expect(await found([text], ["constructor"], { threshold: 1 })).toEqual([[]])
  })

  test("types that do not compete share words", async () => {
    const both = ["politician", "person"]
    expect(await found([text], both)).toHaveLength(1)
    expect((await found([text], both, { threshold: 0.3, multiLabel: true }))[0]).toEqual([
      "Angela Merkel: politician",
      "Angela Merkel: person"
    ])
  })

  test("a text beyond the encoder's limit is read in windows, for any number of types", async () => {
    const long = `${"Nothing of note was said there. ".repeat(120)}${text}`
    const many = Array.from({ length: 300 }, (_, i) => `gemstone number ${i}`)
    const { entities, unrepresented } = await mini.predict([long], [...many, "country"])
    expect(entities[0]!.filter(({ type }) => type === "country").at(-1)!.text).toBe("Germany")
    expect(unrepresented.windowedTexts).toBe(1)
  })

  test("without a type nothing is found; an option out of range is refused by name", async () => {
    expect(await found([text], [])).toEqual([[]])
    expect(mini.predict([text], types, { threshold: 2 })).rejects.toThrow(OptionError)
  })
})

describe("calibrate", () => {
  const people = ["Ada Lovelace", "Alan Turing", "Grace Hopper", "Edsger Dijkstra"]
  const cities = ["Berlin", "Paris", "Oslo", "Lima"]
  const days = ["Monday", "last Friday"]
  const sentences = people.flatMap((person) =>
    cities.flatMap((city) =>
      days.map((day, i): AlignedSentence => {
        const text = `On ${day} ${person} drove a red car through ${city} and ate two apples.`
        const at = (part: string, concept: string) => {
          const start = text.indexOf(part)
          return { start, end: start + part.length, concept, match: "exact" as const }
        }
        // What annotates overlooks some.
        const seen = [
          at(day, "date"),
          at(person, "person"),
          at("red car", "vehicle"),
          at(city, "city"),
          at("apples", "food")
        ]
        return { id: `${person} ${city} ${i}`, text, mentions: seen.filter((_, k) => (k + text.length) % 7 > 0) }
      })
    )
  )

  test("a, b and the joint are fitted, the threshold and the report measured, on what was annotated", async () => {
    const pair = await loadPair("mini", "mini-concepts")
    try {
      const settings = await leakCheck(() => calibrate(pair, sentences, { seed: 1 }))
      expect(settings.a).toBeGreaterThan(0)
      expect(settings.report.sentences).toBe(32)
      expect(settings.report.entityF1).toBeGreaterThan(50)
      expect(settings.joint.weights).toHaveLength(384)
      expect((await calibrate(pair, sentences, { seed: 1, threshold: 0.7 })).threshold).toBe(0.7)
      expect(calibrate(pair, [], { seed: 1 })).rejects.toThrow("annotated sentences")
    } finally {
      for (const encoder of [pair.text, pair.concept]) encoder.dispose()
    }
  }, 60_000)
})

describe("scores of types", () => {
  test("are the model's own, as weights of a word's vector: calibrated where it is", async () => {
    const sentence = { words: text.replace(".", " .").split(" ") }
    const directory = await resolveModel("mini")
    const pair = await loadPair("mini", "mini-concepts")
    using folder = tempDir()
    await cp(directory, folder.path, { recursive: true })
    await cp(await resolveModel("mini-concepts"), join(folder.path, "concepts"), { recursive: true })
    await rm(join(folder.path, "bi-encoder.json"))
    const called = [types[0]!, { name: "LAND", read: "Country" }]
    const { vectors } = await new TypeVectors(pair.concept, pair.scorer).read(called)
    const { value } = await wordVectors(pair.text, [sentence]).next()
    const words = value as WordVectors
    const { a, b } = (await Bun.file(join(directory, "bi-encoder.json")).json()) as { a: number; b: number }
    for (const { concepts, model, settings } of [
      { model: "mini", concepts: await resolveModel("mini-concepts"), settings: { a, b } },
      { model: folder.path, concepts: join(folder.path, "concepts"), settings: { a: 1, b: 0 } }
    ]) {
      const columns = tf.tensor2d(vectors, [2, 384])
      const expected = wordLogits(words, columns, { scorer: pair.scorer, settings })
      columns.dispose()
      const scores = await leakCheck(() => typeScores(model)(called))
      expect([...scores.keys()]).toEqual(["politician", "LAND"])
      const own = Array.from({ length: words.words }, (_, word) =>
        [...scores.values()].map(({ bias, weights }) =>
          weights.reduce((sum, weight, i) => sum + weight * words.values[word * 384 + i]!, bias)
        )
      )
      close(own.flat(), expected, 1e-3)
      expect(await conceptsOf(await resolveModel(model))).toBe(concepts)
    }
    for (const encoder of [pair.text, pair.concept]) encoder.dispose()
  }, 60_000)

  test("there are none where it scores by cosine, or has no concept encoder", async () => {
    const model = await tinyBiEncoder()
    using directory = tempDir()
    await model.save(directory.path)
    model.dispose()
    expect(await conceptsOf(directory.path)).toBeUndefined()
    await expect(typeScores(directory.path)(["cat"])).rejects.toThrow(
      "it scores by cosine, which no head of weights can (learn without names)"
    )
    expect(await conceptsOf(await resolveModel("mini-concepts"))).toBeUndefined()
  })
})

test("cosine logits are those of unit vectors, and leave the vectors as they are", () => {
  const vectors = { words: 2, values: Float32Array.of(3, 4, 0, 2), windows: 1 }
  const columns = tf.tensor2d([1, 0, 0.6, 0.8], [2, 2])
  const scorer = { similarity: "cosine", temperature: 0.5, bias: 1, conceptPooling: "mean" } as const
  const logits = wordLogits(vectors, columns, { scorer, settings: { a: 2, b: 3 } })
  columns.dispose()
  // 2 (cos / 0.5 + 1) + 3
  expect([...logits].map((value) => Number(value.toFixed(4)))).toEqual([7.4, 9, 5, 8.2])
  expect([...vectors.values]).toEqual([3, 4, 0, 2])
})

/** Two tiny encoders with a scorer. */
const tinyBiEncoder = async () => {
  const tokenizer = await trainByteLevelBpe(["the cat sat on a mat in the sun", "a mat, a cat: the sun"], {
    vocabSize: 300
  })
  const tiny = (seed: number) =>
    randomEncoder(
      small({ hidden: 16, layers: 1, heads: 2, feedForward: 16, positions: 66, initializerRange: 0.5 }),
      tokenizer,
      seed
    )
  const random = rng("joint")
  return biEncoder({
    text: tiny(1),
    concept: tiny(2),
    scorer: { similarity: "cosine", temperature: 0.1, bias: 0, conceptPooling: "first" },
    settings: {
      ...{ a: 1, b: 0.5, threshold: 0.3 },
      joint: { weights: Array.from({ length: 16 }, () => random.normal()), bias: 1 },
      report: { sentences: 0, concepts: { fit: 0, measured: 0 }, entityF1: 0, calibrationError: 0 }
    }
  })
}

const asked = [["the cat sat on a mat"], ["sun", "mat", "cat"]] as const

test("a model that was saved and read again predicts as before, to the bit", async () => {
  const model = await tinyBiEncoder()
  using directory = tempDir()
  const before = await model.predict(...asked)
  await model.save(directory.path)
  model.dispose()
  const again = await ZeroShot.fromPretrained(directory.path)
  expect(again.kind).toBe("bi-encoder")
  expect(await again.predict(...asked)).toEqual(before)
  expect(before.entities[0]!.length).toBeGreaterThan(0)
  again.dispose()
})

test("a snapshot in the cache that lacks its settings or its concept encoder is fetched whole", async () => {
  using folder = tempDir()
  const model = await tinyBiEncoder()
  const before = await model.predict(...asked)
  await model.save(folder.file("made"))
  model.dispose()
  const names = (await readdir(folder.file("made"), { recursive: true })).filter((name) => name.includes("."))
  const files = Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, new Uint8Array(await readFile(join(folder.file("made"), name)))] as const)
    )
  )
  await using hub = new FakeHub({ models: { "org/pair": files } })
  const cache = folder.file("cache")
  const options = {
    revision: hub.commit,
    hub: { endpoint: hub.endpoint, cache, offline: false, timeoutSeconds: 10 }
  }
  const snapshot = await resolveModel("org/pair", options) // as an encoder
  for (const lost of [undefined, "concepts", "concepts/scorer.json"]) {
    if (lost !== undefined) await rm(join(snapshot, lost), { recursive: true })
    const loaded = await ZeroShot.fromPretrained("org/pair", options)
    expect(await loaded.predict(...asked)).toEqual(before)
    loaded.dispose()
  }
})
