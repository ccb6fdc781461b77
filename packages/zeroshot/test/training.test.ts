import { beforeAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { rng } from "@nuner/core"
import { maxTokens, randomEncoder, small, trainWordPiece } from "@nuner/encoder"
import { tf, variableGrads } from "@nuner/engine"
import { leakCheck, tempDir, testEngine } from "@nuner/testing"
import {
  type Gliner,
  loadGliner,
  type NewGlinerOptions,
  newGliner,
  reshapeGliner,
  trainZeroShot,
  type ZeroTrainEvent,
  type ZeroTrainInput,
  zeroTrainSettings
} from "@nuner/zeroshot"
import { cells } from "../src/train/cells.ts"
import { sampleTypes } from "../src/train/sampleTypes.ts"
import { trainingSentences } from "../src/train/trainingSentences.ts"
import { zeroObjective } from "../src/train/trainZeroShot.ts"
import reference from "./fixtures/gliner.json" with { type: "json" }

beforeAll(testEngine)

const fixtures = join(import.meta.dir, "fixtures")

/** The peer's sentences: words joined by spaces, entities over words with their ends included. */
const sentences = reference.sentences.map(([words, ner, types]) => {
  const starts: Array<number> = []
  let text = ""
  for (const word of words as Array<string>) {
    if (text !== "") text += " "
    starts.push(text.length)
    text += word
  }
  const mentions = (ner as Array<[number, number, string]>).map(([start, end, concept]) => ({
    start: starts[start]!,
    end: starts[end]! + (words as Array<string>)[end]!.length,
    concept
  }))
  return { text, mentions, types: types as Array<string> }
})

const run = async (input: ZeroTrainInput): Promise<Array<ZeroTrainEvent>> => {
  const events: Array<ZeroTrainEvent> = []
  for await (const event of trainZeroShot(input)) events.push(event)
  return events
}
const losses = (events: ReadonlyArray<ZeroTrainEvent>) =>
  events.flatMap((event) => (event.type === "step" ? [event.loss] : []))

const peer = {
  preset: "paper",
  learningRate: 1e-3,
  batchSize: 4,
  steps: 5,
  warmup: 0,
  schedule: "stable",
  decay: 0,
  weightDecay: 0,
  dropout: 0,
  validation: 0,
  bucketWindow: 1,
  positiveWeight: 1,
  alpha: 0.75,
  gamma: 1.5,
  lowercase: false
} as const

describe("five steps are those of GLiNER's Python", () => {
  test.each(Object.entries(reference.models))("%s", (name, { training }) =>
    leakCheck(async () => {
      const model = await loadGliner(join(fixtures, name))
      const quiet: Gliner = { ...model, config: { ...model.config, dropout: 0 } }
      const found = losses(await run({ ...peer, model: quiet, sentences }))
      expect(found.length).toBe(5)
      for (const [i, loss] of training.entries())
        expect(Math.abs(found[i]! - loss)).toBeLessThan(1e-4 * Math.max(1, loss))
      expect(found[4]!).toBeLessThan(found[0]!)
      model.dispose()
    })
  )
})

describe("gradients are the slopes of the loss", () => {
  test.each(Object.keys(reference.models))("%s", (name) =>
    leakCheck(async () => {
      const model = await loadGliner(join(fixtures, name))
      const settings = zeroTrainSettings({ ...peer, positiveWeight: 2, margin: 0.05, smoothing: 0.1, gamma: 2 })
      const { sentences: train } = trainingSentences(sentences, model.config, settings)
      const objective = zeroObjective(model, { train, validation: [] }, settings)
      const batch = (await objective.batch(train, { name: "test", done: 0, training: true }))!
      const lossOf = () => tf.tidy(() => objective.loss(batch, { dropout: undefined, report: () => {} }))
      const { grads, value } = variableGrads(lossOf, objective.parameters)
      value.dispose()
      const random = rng(name)
      for (const [parameter, variable] of Object.entries(objective.parameters)) {
        const gradient = grads[parameter]?.dataSync<"float32">()
        if (gradient === undefined) continue
        const values = variable.dataSync<"float32">().slice()
        // Along a random direction: one number a parameter.
        const direction = Float32Array.from(values, () => random.normal())
        const wanted = gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0)
        const step = 2e-3 / Math.sqrt(values.length)
        const at = (sign: number) => {
          const moved = tf.tensor(values.map((v, i) => v + sign * step * direction[i]!) as Float32Array, variable.shape)
          variable.assign(moved)
          moved.dispose()
          const loss = lossOf()
          const [number] = loss.dataSync()
          loss.dispose()
          return number!
        }
        const slope = (at(1) - at(-1)) / (2 * step)
        at(0)
        expect(Math.abs(slope - wanted), `${parameter}: ${slope} ${wanted}`).toBeLessThan(
          0.03 * Math.abs(wanted) + 0.12
        )
      }
      expect(Object.keys(grads).length).toBeGreaterThan(20)
      tf.dispose(grads)
      model.dispose()
    })
  )
})

test("types of a sentence: its own and the batch's, shuffled, dropped, cut", () => {
  const entity = (type: string) => ({ start: 0, end: 0, type })
  const batch = ["a", "b", "c", "d", "e"].map((type) => ({
    words: ["x"],
    entities: [entity(type), entity("z")],
    types: undefined
  }))
  const draws = (options: Partial<Parameters<typeof sampleTypes>[1]>) =>
    Array.from({ length: 200 }, (_, seed) =>
      sampleTypes(batch, { negativeRatio: 1, randomDrop: false, reshuffle: true, maxTypes: 25, ...options }, rng(seed))
    )
  const plain = draws({}).flat()
  // Half get no negatives; the others up to two, of which some are their own.
  const alone = plain.filter((types) => types.length === 2).length / plain.length
  expect(alone).toBeGreaterThan(0.45)
  expect(alone).toBeLessThan(0.65)
  expect(Math.max(...plain.map(({ length }) => length))).toBe(4)
  expect(
    draws({ negativeRatio: 0 })
      .flat()
      .every(({ length }) => length === 2)
  ).toBe(true)
  expect(
    draws({ maxTypes: 1 })
      .flat()
      .every(({ length }) => length === 1)
  ).toBe(true)
  expect(
    draws({ randomDrop: true })
      .flat()
      .some((types) => types.length === 1)
  ).toBe(true)
  expect(new Set(plain.map((types) => types[0])).size).toBe(6)
  const negativesOf = (drawn: ReadonlyArray<ReadonlyArray<string>>) =>
    drawn.map((types, i) =>
      types
        .filter((type) => type !== "z" && type !== "abcde"[i])
        .sort()
        .join()
    )
  const same = (drawn: Array<ReadonlyArray<ReadonlyArray<string>>>) =>
    drawn.filter((one) => new Set(negativesOf(one).filter((types) => types.length === 3)).size <= 1).length
  // Without a new shuffle for every sentence, those that get two strangers get the same two.
  expect(same(draws({ reshuffle: false }))).toBeGreaterThan(same(draws({})) + 20)
  expect(
    sampleTypes(
      [{ ...batch[0]!, types: ["q", "q", "a"] }],
      { negativeRatio: 1, randomDrop: true, reshuffle: true, maxTypes: 1 },
      rng(0)
    )
  ).toEqual([["q", "a"]])
})

test("of several types of a span the last one counts alone, where the published code is followed", () => {
  const row = {
    entities: [
      { start: 0, end: 0, type: "city" },
      { start: 0, end: 0, type: "award" }
    ],
    types: ["city", "award"],
    wordAt: [3]
  }
  const config = { spanMode: "marker", maxWidth: 1 } as Gliner["config"]
  expect([...cells([row], config, { words: 1, types: 2 }, false).y]).toEqual([1, 1])
  expect([...cells([row], config, { words: 1, types: 2 }, true).y]).toEqual([0, 1])
  // At width 1 each word is a span of its own.
  const crossing = {
    ...row,
    entities: [
      { ...row.entities[0]!, end: 1 },
      { start: 1, end: 1, type: "award" }
    ],
    wordAt: [3, 4]
  }
  expect([...cells([crossing], config, { words: 2, types: 2 }, false).y]).toEqual([1, 0, 1, 1])
  expect([...cells([crossing], config, { words: 2, types: 2 }, true).y]).toEqual([1, 0, 0, 1])
})

test("what is lost on the way to the head is counted", () => {
  const config = { spanMode: "marker", maxWidth: 2, maxWords: 4, words: "published" } as Gliner["config"]
  const settings = zeroTrainSettings({ sampleSize: 3, seed: 1 })
  const text = "a b c d e f"
  const mention = (start: number, end: number) => ({ start, end, concept: "T" })
  const given = [
    { text, mentions: [mention(0, 1), mention(0, 5), mention(8, 9), mention(1, 2)] },
    { text, mentions: [mention(0, 3)] },
    { text, mentions: [mention(10, 11)] },
    { text, mentions: [] }
  ]
  const { counts, sentences } = trainingSentences(given, config, settings)
  expect(sentences.map(({ entities }) => entities)).toEqual([
    [{ start: 0, end: 0, type: "t" }],
    [{ start: 0, end: 1, type: "t" }]
  ])
  expect(counts.mentions).toEqual({ in: 6, out: 2, dropped: { notSampled: 0, noWord: 1, tooWide: 1, beyondLimit: 2 } })
  expect(counts.sentences).toEqual({ in: 4, out: 2, dropped: { noType: 1, notSampled: 0, nothingLeft: 1 } })
})

test("alpha 0, which takes positives out of the loss, is refused by name", () => {
  expect(() => zeroTrainSettings({ alpha: 0 })).toThrow(/"alpha": 0 takes every positive out/)
})

describe("a model of one's own", () => {
  const data = Array.from({ length: 24 }, (_, i) => {
    const [person, city] = [["Ada", "Bob", "Cid", "Dora"][i % 4]!, ["Rome", "Oslo", "Bonn"][i % 3]!]
    const text = `${person} saw ${city} again`
    return {
      text,
      mentions: [
        { start: 0, end: person.length, concept: "Person" },
        { start: text.indexOf(city), end: text.indexOf(city) + city.length, concept: "City" }
      ]
    }
  })
  const made = async (head: NewGlinerOptions = {}) => {
    const tokenizer = await trainWordPiece(data.map(({ text }) => text).concat(["person city"]), {
      vocabSize: 90,
      lowercase: false
    })
    const encoder = randomEncoder(
      small({ architecture: "bert", hidden: 16, layers: 1, heads: 2, initializerRange: 0.3 }),
      tokenizer,
      3
    )
    return newGliner(encoder, { headDropout: 0, seed: 1, ...head })
  }
  const options = {
    ...{ learningRate: 3e-3, headRate: 2, epochs: 50, batchSize: 8, dropout: 0, validation: 0.1, validateEvery: 75 },
    seed: 2
  }

  test("learns, is saved, and finds the same when it is loaded again", () =>
    leakCheck(async () => {
      const model = await made()
      const events = await run({ ...options, model, sentences: data })
      const validations = events.flatMap((event) => (event.type === "validation" ? [event.scores] : []))
      expect(validations.at(-1)!.loss).toBeLessThan(validations[0]!.loss * 0.7)
      const types = ["person", "city"]
      const texts = ["Bob saw Bonn again", "Cid saw Rome"]
      const found = await model.predict(texts, types)
      expect(found.entities[0]!.map(({ text, type }) => [text, type])).toEqual([
        ["Bob", "person"],
        ["Bonn", "city"]
      ])
      using folder = tempDir()
      await model.save(folder.file("model"))
      model.dispose()
      const again = await loadGliner(folder.file("model"))
      const near = ({ entities }: typeof found) =>
        entities.map((ofText) => ofText.map((entity) => ({ ...entity, score: entity.score.toFixed(4) })))
      expect(near(await again.predict(texts, types))).toEqual(near(found))
      again.dispose()
    }))

  test.each([true, false])("types are read as in training: in lower case %p", (lowercase) =>
    leakCheck(async () => {
      const model = await made()
      const short = { ...options, epochs: 1, validation: 0, lowercase }
      expect(model.config.lowercase).toBe(false)
      await run({ ...short, model, sentences: data })
      using folder = tempDir()
      await model.save(folder.file("model"))
      const again = await loadGliner(folder.file("model"))
      const asked = async (one: Gliner, types: ReadonlyArray<string>) =>
        (await one.predict(["Bob saw Bonn"], types, { threshold: 0, multiLabel: true })).entities[0]!
      const lower = await asked(model, ["person", "city"])
      for (const one of [model, again]) {
        const found = await asked(one, ["Person", "CITY"])
        expect(new Set(found.map(({ type }) => type))).toEqual(new Set(["Person", "CITY"]))
        const scores = (entities: typeof lower) => entities.map(({ score }) => score.toFixed(4)).sort()
        expect(scores(found).join() === scores(lower).join()).toBe(lowercase)
        one.dispose()
      }
    })
  )

  test("of the recipe paper biases and LayerNorm decay too", () =>
    leakCheck(async () => {
      const normAfter = async (weightDecay: number, decayAll?: boolean) => {
        const model = await made()
        const still = { learningRate: 1e-3, steps: 1, warmup: 0, dropout: 0, validation: 0, weightDecay }
        await run({
          preset: "paper",
          ...still,
          ...(decayAll === undefined ? {} : { decayAll }),
          model,
          sentences: data
        })
        const values = [...model.encoder.parameters["embeddings.LayerNorm.weight"]!.dataSync()]
        model.dispose()
        return values
      }
      const plain = await normAfter(0)
      expect(await normAfter(100, false)).toEqual(plain)
      // A tenth of the weight of 1, in one step.
      for (const [i, value] of (await normAfter(100)).entries()) expect(value).toBeCloseTo(plain[i]! - 0.1, 3)
    }))

  test("a run that was stopped goes on to the bit", () =>
    leakCheck(async () => {
      using folder = tempDir()
      const short = { ...options, steps: 6, dropout: 0.1, validateEvery: 100 }
      const whole = await made()
      const wanted = losses(await run({ ...short, model: whole, sentences: data }))
      whole.dispose()
      const model = await made()
      const controller = new AbortController()
      const checkpoint = { directory: folder.file("run"), every: 1 }
      const first: Array<number> = []
      for await (const event of trainZeroShot({
        ...short,
        model,
        sentences: data,
        checkpoint,
        signal: controller.signal
      })) {
        if (event.type === "step") first.push(event.loss)
        if (first.length === 3) controller.abort()
      }
      model.dispose()
      const other = await made()
      const rest = losses(await run({ ...short, model: other, sentences: data, checkpoint }))
      other.dispose()
      expect(first.length).toBeLessThan(6)
      expect([...first, ...rest]).toEqual(wanted)
    }))

  test("types that one row has no room for are asked for in several, and none is lost", () =>
    leakCheck(async () => {
      const model = await made()
      const settings = zeroTrainSettings({ ...options, negativeRatio: 0 })
      const strangers = Array.from({ length: 20 }, (_, i) => `saw ${"again ".repeat(i % 3)}${i}`)
      const asked = data.slice(0, 2).map((sentence) => ({ ...sentence, types: ["person", ...strangers, "city"] }))
      const { sentences } = trainingSentences(asked, model.config, settings)
      const objective = zeroObjective(model, { train: sentences, validation: [] }, settings)
      const place = { name: "train 0", done: 0, training: true }
      const { cells, counts, typeAt } = (await objective.batch(sentences, place))!
      expect(counts.length).toBeGreaterThan(2)
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2 * 22)
      expect(Math.max(...typeAt)).toBeLessThan(maxTokens(model.encoder.config) / 2)
      expect(objective.reading).toMatchObject({ rows: counts.length, cutWords: 0, skippedRows: 0 })
      // A person and a city a sentence.
      expect(cells.y.reduce((sum, one) => sum + one, 0)).toBe(4)
      expect(cells.count).toBe(counts.length * 4)
      model.dispose()
    }))

  test("a run does not go on from the checkpoint of another head, where no weight tells them apart", () =>
    leakCheck(async () => {
      using folder = tempDir()
      const checkpoint = { directory: folder.file("run"), every: 1 }
      const short = { ...options, steps: 1, validation: 0, sentences: data, checkpoint }
      const train = async (head: NewGlinerOptions) => {
        const model = await made(head)
        await run({ ...short, model }).finally(model.dispose)
      }
      await train({ maxWidth: 3 })
      await train({ maxWidth: 3 })
      for (const other of [{ maxWidth: 2 }, { maxWidth: 3, headDropout: 0.1 }, { maxWidth: 3, maxTypes: 1 }]) {
        await expect(train(other)).rejects.toThrow("its fingerprint is")
      }
    }))
})

test("a model of single words becomes one of spans, which are scored by the same weights; another head is refused", () =>
  leakCheck(async () => {
    const words = await loadGliner(join(fixtures, "width-1"))
    const spans = reshapeGliner(words, { maxWidth: 3, headDropout: 0.2 })
    expect(spans.config).toEqual({ ...words.config, maxWidth: 3, dropout: 0.2 })
    expect(spans.maxWidth).toBe(3)
    const text = "Marie Curie saw Warsaw"
    const types = ["person", "city"]
    const open = { threshold: 0, nested: true, multiLabel: true, merge: "none" } as const
    const all = (await spans.predict([text], types, open)).entities[0]!
    expect(all.some((entity) => entity.text.includes(" "))).toBe(true)
    const single = all.filter((entity) => !entity.text.includes(" "))
    expect(single).toEqual((await words.predict([text], types, open)).entities[0]!)
    expect(() => reshapeGliner(words, { spanMode: "markerV0" })).toThrow(/spanMode.*markerV0.*marker/)
    expect(() => reshapeGliner(words, { lstm: false })).toThrow(/lstm/)
    spans.dispose()
  }))
