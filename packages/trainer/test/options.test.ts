import { afterAll, beforeAll, expect, test } from "bun:test"
import { type AlignedSentence, rng } from "@nuner/core"
import { type Encoder, randomEncoder, small, type Tokenizer, trainByteLevelBpe } from "@nuner/encoder"
import { tf } from "@nuner/engine"
import { type OptionChanges, optionTests, testEngine, trainingChanges, trainingOutcome } from "@nuner/testing"
import {
  decodeMaskedLanguageOptions,
  decodePretrainOptions,
  decodeSupervisedOptions,
  pretrain,
  pretrainMaskedLanguage,
  pretrainSupervised
} from "@nuner/trainer"

const sentence: OptionChanges = {
  ...trainingChanges,
  bucketWindow: { to: 4 },
  epochs: { to: 2 },
  steps: { to: 2 },
  sampleSize: { to: 6 },
  maxTokens: { to: 12 },
  subTokens: { to: "first" }
}
const contrastive: OptionChanges = {
  ...sentence,
  similarity: { to: "cosine", beside: { temperature: 0.5 } },
  temperature: { to: 7 },
  learnTemperature: { to: true },
  bias: { to: "none" },
  projection: { to: 4 },
  conceptPooling: { to: "first" },
  conceptText: { to: "description" },
  topConcepts: { to: 2 },
  keepEmpty: { to: true },
  maskNearSynonyms: { to: true },
  // A batch of one sentence lacks a concept that may join it.
  extraConcepts: { to: 2, beside: { batchSize: 1 } },
  positiveWeight: { to: 3 },
  unlabelledWeight: { to: 0.5 }
}
const language: OptionChanges = {
  ...trainingChanges,
  tokens: { to: 240 },
  rowTokens: { to: 12 },
  causal: { to: 0.5 },
  fitHead: { to: 0.5 },
  maskRate: { to: 0.6 },
  wholeWords: { to: true },
  lowercase: { to: 1 }
}

const random = rng("options")
const pick = (from: ReadonlyArray<string>) => from[random.int(from.length)]!
const sentences = Array.from({ length: 12 }, (_, i): AlignedSentence => {
  const [who, where] = [pick(["Ada", "Blaise", "Carl Gauss"]), pick(["Oslo", "Lima", "New Delhi"])]
  const text = `${who} ${pick(["went to", "has never seen", "likes"])} ${where}${pick([".", " a lot.", " in May."])}`
  const place = { start: text.indexOf(where), end: text.indexOf(where) + where.length, match: "exact" } as const
  const mentions = [
    { start: 0, end: who.length, concept: "person", description: "someone who calculates", match: "exact" } as const,
    { ...place, concept: i % 2 === 0 ? "city" : "city name" }
  ]
  return { id: `${i}`, text, mentions: i === 5 ? [] : mentions }
})
const labelled = sentences.map(({ mentions, text }) => {
  const words = text.split(" ")
  return { words, entities: mentions.length === 0 ? [] : [{ start: 0, end: 1, type: "person" }] }
})

let tokenizer: Tokenizer
beforeAll(async () => {
  await testEngine()
  const texts = sentences.map(({ text }) => text)
  tokenizer = await trainByteLevelBpe(texts, { vocabSize: 300 })
})
const open: Array<Encoder> = []
afterAll(() => {
  for (const encoder of open) encoder.dispose()
})
const newEncoder = (): Encoder => {
  const config = small({ hidden: 16, layers: 2, heads: 2, feedForward: 16, positions: 34, initializerRange: 0.2 })
  const encoder = randomEncoder(config, tokenizer, 1)
  open.push(encoder)
  return encoder
}

const base = { preset: "small", batchSize: 4, epochs: 1, learningRate: 1e-2, validation: 0.2, seed: 1 } as const
const objectives = {
  pretrain: {
    changes: contrastive,
    decode: decodePretrainOptions,
    run: (encoder: Encoder, options: object) => pretrain({ ...base, ...options, sentences, text: encoder })
  },
  pretrainSupervised: {
    changes: sentence,
    decode: decodeSupervisedOptions,
    run: (encoder: Encoder, options: object) =>
      pretrainSupervised({ ...base, ...options, datasets: { "": labelled }, encoder })
  },
  pretrainMaskedLanguage: {
    changes: language,
    decode: decodeMaskedLanguageOptions,
    run: (encoder: Encoder, options: object) => {
      const { preset, epochs, ...rest } = base
      const own = { causal: 0, tokens: 160, rowTokens: 10, clip: 100 }
      const texts = sentences.map(({ text }) => text)
      return pretrainMaskedLanguage({ ...rest, ...own, ...options, texts, encoder })
    }
  }
}

for (const [name, { changes, decode, run }] of Object.entries(objectives)) {
  const outcome = (options: Readonly<Record<string, unknown>>): Promise<string> => {
    const encoder = newEncoder()
    return trainingOutcome(encoder.parameters, options, (options) => run(encoder, options))
  }
  optionTests(name, { changes, decode, outcome })

  test(`${name}: checkpointed layers give the same numbers, computed again in the backward pass`, async () => {
    const once = await outcome({})
    expect((await outcome({ checkpointLayers: true })) === once).toBe(true)
    const kernels = async (options: Readonly<Record<string, unknown>>) => {
      const profile = await tf.profile(async () => void (await outcome(options)))
      return profile.kernels.length
    }
    expect(await kernels({ checkpointLayers: true })).toBeGreaterThan(await kernels({}))
  })
}

test("a window has room for a few tokens at least", () => {
  expect(decodePretrainOptions({ maxTokens: 8 }).maxTokens).toBe(8)
  expect(() => decodePretrainOptions({ maxTokens: 7 })).toThrow('option "maxTokens"')
  expect(decodeMaskedLanguageOptions({ tokens: 1, rowTokens: 8 }).rowTokens).toBe(8)
  expect(() => decodeMaskedLanguageOptions({ tokens: 1, rowTokens: 7 })).toThrow('option "rowTokens"')
})

test("a part of the steps is rounded to whole ones: 0.4 of 4 steps are 2", async () => {
  const options = { warmup: 0, schedule: "stable", decay: 0.4, steps: 4, learningRate: 1e-2 }
  const events = await Array.fromAsync(objectives.pretrain.run(newEncoder(), options))
  const rates = events.flatMap((event) => (event.type === "step" ? [event.lr] : []))
  expect(rates).toEqual([1e-2, 1e-2, 1e-2, 5e-3])
})
