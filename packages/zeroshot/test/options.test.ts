import { beforeAll, expect, test } from "bun:test"
import { rng } from "@nuner/core"
import { randomEncoder, small, type Tokenizer, trainWordPiece } from "@nuner/encoder"
import { type OptionChanges, optionTests, testEngine, trainingChanges, trainingOutcome } from "@nuner/testing"
import { type Gliner, type NewGlinerOptions, newGliner, trainZeroShot, zeroTrainSettings } from "@nuner/zeroshot"

/** What draws nothing and leaves nothing out but what the option under test does. */
const plainly = { randomDrop: false, reshuffle: false, negativeRatio: 0 }
const changes: OptionChanges = {
  ...trainingChanges,
  schedule: { to: "stable" },
  bucketWindow: { to: 1 },
  epochs: { to: 2 },
  steps: { to: 2 },
  sampleSize: { to: 6 },
  decayAll: { to: true, beside: { weightDecay: 0.5 } },
  headRate: { to: 1 },
  mode: { to: "published" },
  randomDrop: { to: false },
  reshuffle: { to: false },
  oneTypePerSpan: { to: true, beside: plainly },
  negativeRatio: { to: 3 },
  lowercase: { to: false },
  positiveWeight: { to: 1 },
  alpha: { to: 0.75 },
  gamma: { to: 2 },
  margin: { to: 0.2 },
  smoothing: { to: 0.1 },
  reduction: { to: "mean" }
}

const random = rng("options")
const pick = (from: ReadonlyArray<string>) => from[random.int(from.length)]!
const sentences = Array.from({ length: 12 }, (_, i) => {
  const [person, city] = [pick(["Ada", "Bob", "Cid"]), pick(["Rome", "Oslo", "Bonn"])]
  const text = `${person} saw ${city}${" again".repeat(i % 4)}`
  const place = { start: text.indexOf(city), end: text.indexOf(city) + city.length }
  const concepts = i % 2 === 0 ? ["City", "Place"] : ["City"]
  return {
    text,
    mentions: [
      { start: 0, end: person.length, concept: "Person" },
      ...concepts.map((concept) => ({ ...place, concept }))
    ]
  }
})

let tokenizer: Tokenizer
beforeAll(async () => {
  await testEngine()
  const texts = sentences.map(({ text }) => text).concat(["person city place"])
  tokenizer = await trainWordPiece(texts, { vocabSize: 90, lowercase: false })
})
const made = (head: NewGlinerOptions = {}): Promise<Gliner> => {
  const shape = { architecture: "bert", hidden: 16, layers: 2, heads: 2, initializerRange: 0.3 } as const
  return newGliner(randomEncoder(small(shape), tokenizer, 3), { headDropout: 0, seed: 1, ...head })
}

const base = { batchSize: 4, epochs: 1, learningRate: 1e-2, validation: 0.2, seed: 1 } as const

const outcome = async (options: Readonly<Record<string, unknown>>): Promise<string> => {
  const model = await made()
  try {
    return await trainingOutcome(model.encoder.parameters, options, (options) =>
      trainZeroShot({ ...base, ...options, model, sentences })
    )
  } finally {
    model.dispose()
  }
}
optionTests("zero train", { changes, decode: zeroTrainSettings, outcome })

test("zero train: checkpointed layers give the same numbers, as does the same run again", async () => {
  const once = await outcome({ dropout: 0.1 })
  for (const checkpointLayers of [true, false]) {
    expect((await outcome({ dropout: 0.1, checkpointLayers })) === once).toBe(true)
  }
})

test("a new model is as it was chosen", async () => {
  const chosen = { hidden: 8, lstm: false, maxWidth: 3, maxWords: 10, maxTypes: 3, words: "ours" } as const
  const configs = [{ spanMode: "markerV0", ...chosen }, { spanMode: "token_level" }] as const
  for (const config of configs) {
    const model = await made({ ...config, headDropout: 0.2 })
    expect(model.config).toMatchObject({ ...config, dropout: 0.2 })
    model.dispose()
  }
  const first = async (seed: number) => {
    const model = await made({ seed })
    const values = Object.values(model.head).map((parameter) => [...parameter.dataSync()])
    model.dispose()
    return JSON.stringify(values)
  }
  expect(await first(1)).toBe(await first(1))
  expect(await first(2)).not.toBe(await first(1))
})
