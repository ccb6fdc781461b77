import { expect, test } from "bun:test"
import { decodeMaskedLanguageOptions, decodePretrainOptions, decodeSupervisedOptions } from "@nuner/trainer"

/** What the paper's recipe does not have, and is off by default; every other option without a value here is absent. */
const beyond = { checkpointLayers: false, bucketWindow: 1, decay: 0.3 }
const beyondContrastive = {
  similarity: "dot",
  learnTemperature: false,
  conceptText: "name",
  keepEmpty: false,
  maskNearSynonyms: false,
  extraConcepts: 0,
  positiveWeight: 1,
  unlabelledWeight: 1
}

/** The paper's recipe (section 3.3 and appendix), and what it leaves open, as the method's description has them. */
const recipe = {
  epochs: 10,
  validation: 0.1,
  batchSize: 48,
  learningRate: 3e-5,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-6,
  weightDecay: 0.01,
  warmup: 0.1,
  schedule: "linear",
  frozenLayers: "half",
  subTokens: "all",
  dropout: 0.1,
  accumulate: 1,
  weights: "last",
  seed: 0,
  ...beyond
}
/** For small bases and short runs: what a trial at 5 million parameters found. */
const short = { ...recipe, epochs: 3, batchSize: 16, learningRate: 1e-3, frozenLayers: 0, dropout: 0 }
/** For real bases: what the search on dev sentences found. */
const real = {
  ...recipe,
  epochs: 2,
  batchSize: 48,
  learningRate: 3e-4,
  frozenLayers: "half",
  dropout: 0,
  bucketWindow: 16
}
const shortLogits = { temperature: "sqrt-hidden", bias: "log-odds", conceptPooling: "mean" }

// `toEqual` wants every field, and none besides: a field that is missing here or there fails.
test("contrastive: the presets are the recipe, field by field", () => {
  const paper = { ...recipe, ...beyondContrastive, temperature: 5, bias: "none", conceptPooling: "first" }
  expect(decodePretrainOptions({})).toEqual(paper as never)
  expect(decodePretrainOptions({ preset: "paper" })).toEqual(paper as never)
  const small = { ...short, ...beyondContrastive, ...shortLogits }
  expect(decodePretrainOptions({ preset: "small" })).toEqual(small as never)
  expect(decodePretrainOptions({ preset: "adapt" })).toEqual({ ...small, ...real } as never)
})

test("closed types: the presets are the contrastive ones, without what is contrastive", () => {
  expect(decodeSupervisedOptions({})).toEqual(recipe as never)
  expect(decodeSupervisedOptions({ preset: "small" })).toEqual(short as never)
  expect(decodeSupervisedOptions({ preset: "adapt" })).toEqual(real as never)
})

test("masked language: from nothing as in the trial, adaptation as RoBERTa", () => {
  const { bucketWindow, epochs, subTokens, ...training } = recipe
  const nothing = {
    ...training,
    tokens: 100,
    rowTokens: 64,
    batchSize: 16,
    learningRate: 1e-3,
    beta2: 0.98,
    warmup: 0.05,
    schedule: "stable",
    clip: 1,
    frozenLayers: 0,
    dropout: 0,
    causal: 0.25,
    fitHead: 0,
    maskRate: 0.3,
    wholeWords: false,
    lowercase: 0,
    validation: 0.02,
    validateEvery: 500
  }
  expect(decodeMaskedLanguageOptions({ tokens: 100 })).toEqual(nothing as never)
  const adaptation = { ...nothing, causal: 0, learningRate: 1e-4, maskRate: 0.15 }
  expect(decodeMaskedLanguageOptions({ tokens: 100, preset: "adaptation" })).toEqual(adaptation as never)
})

test("a recipe that there is not is refused by its name, with those that there are", () => {
  const preset = "tiny" as never
  expect(() => decodePretrainOptions({ preset })).toThrow(
    'pretrain: option "preset": there is no "tiny" (presets: paper, small, adapt)'
  )
  expect(() => decodeSupervisedOptions({ preset })).toThrow("presets: paper, small, adapt")
  expect(() => decodeMaskedLanguageOptions({ preset, tokens: 1 })).toThrow("presets: from-nothing, adaptation")
})
