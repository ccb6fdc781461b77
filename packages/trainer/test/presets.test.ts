import { expect, test } from "bun:test"
import { decodePretrainOptions, decodeSupervisedOptions } from "@nuner/trainer"

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
  frozenLayers: "half",
  dropout: 0.1,
  accumulate: 1,
  weights: "last"
}
/** For small bases and short runs: what a trial at 5 million parameters found. */
const short = { ...recipe, epochs: 3, batchSize: 16, learningRate: 1e-3, frozenLayers: 0, dropout: 0 }

test("the presets are the recipe, field by field", () => {
  const contrastive = { maskNearSynonyms: false }
  const paper = { ...recipe, ...contrastive, temperature: 5, bias: "none", conceptPooling: "first" }
  const small = { ...short, ...contrastive, temperature: "sqrt-hidden", bias: "log-odds", conceptPooling: "mean" }
  expect(decodePretrainOptions({})).toMatchObject(paper)
  expect(decodePretrainOptions({ preset: "paper" })).toMatchObject(paper)
  expect(decodePretrainOptions({ preset: "small" })).toMatchObject(small)
  expect(decodeSupervisedOptions({})).toMatchObject(recipe)
  expect(decodeSupervisedOptions({ preset: "small" })).toMatchObject(short)
})

test("what the recipe does not have is absent", () => {
  for (const preset of ["paper", "small"] as const) {
    for (const option of ["clip", "steps", "sampleSize", "topConcepts", "maxTokens", "validateEvery"]) {
      expect(decodePretrainOptions({ preset })).not.toHaveProperty(option)
    }
  }
})
