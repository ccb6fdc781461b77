import { Fraction, NonNegative, option, Positive, PositiveInt } from "@nuner/core"
import { FrozenLayers, frozenLayersHelp, loraFields } from "@nuner/encoder"
import { Schema } from "effect"

/** How the weights of an encoder move, whatever it is trained for. */
export const trainingFields = {
  learningRate: option(Positive, { help: "peak rate of AdamW" }),
  batchSize: option(PositiveInt, { default: 48, help: "examples (sentences, rows of text) a batch" }),
  accumulate: option(PositiveInt, { default: 1, help: "batches whose gradients are added before one optimizer step" }),
  warmup: option(Fraction, { default: 0.1, help: "part of the steps over which the learning rate rises from 0" }),
  schedule: option(Schema.Literals(["linear", "cosine", "stable"]), {
    default: "linear",
    help: "how the rate falls to 0 afterwards: in a line, along half a cosine, or in a line over the last `decay` of the steps only"
  }),
  decay: option(Fraction, {
    default: 0.3,
    help: "part of the steps, the last ones, over which the learning rate falls",
    needs: { option: "schedule", is: ["stable"] }
  }),
  weightDecay: option(NonNegative, {
    default: 0.01,
    help: "of AdamW, decoupled; not applied to biases and LayerNorm"
  }),
  beta1: option(Fraction, { default: 0.9, help: "of AdamW" }),
  beta2: option(Fraction, { default: 0.999, help: "of AdamW" }),
  epsilon: option(Positive, { default: 1e-6, help: "of AdamW" }),
  clip: option(Schema.optionalKey(Positive), { help: "largest global gradient norm", absent: "no clipping" }),
  frozenLayers: option(FrozenLayers, { help: frozenLayersHelp }),
  ...loraFields,
  dropout: option(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.9 })), {
    help: "on embeddings, attention and feed-forward outputs"
  }),
  checkpointLayers: option(Schema.Boolean, {
    default: false,
    help: "keep only each layer's input and compute the rest again in the backward pass: less memory, a third more time"
  }),
  validation: option(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.5 })), {
    default: 0.1,
    help: "part of the examples kept out of training to validate on"
  }),
  validateEvery: option(Schema.optionalKey(PositiveInt), {
    help: "optimizer steps between validations",
    needs: { option: "validation", not: [0] },
    absent: "at the end of every epoch"
  }),
  patience: option(Schema.optionalKey(PositiveInt), {
    help: "ends the run after this many validations without a smaller loss",
    needs: { option: "validation", not: [0] },
    absent: "never"
  }),
  weights: option(Schema.Literals(["last", "best"]), {
    default: "last",
    help: "which weights the run ends with: those of its end, or of the least validation loss (needs a checkpoint directory)",
    needs: { option: "validation", not: [0] }
  }),
  seed: option(Schema.Int, { default: 0, help: "of the split, the order, dropout, and new weights" })
}

const Training = Schema.Struct(trainingFields)
export type TrainingSettings = (typeof Training)["Type"]

/** What objectives over sentences have besides. */
export const sentenceFields = {
  epochs: option(PositiveInt, { help: "passes over the training sentences", needs: { option: "steps", absent: true } }),
  steps: option(Schema.optionalKey(PositiveInt), {
    help: "stops the schedule after this many optimizer steps instead of `epochs`",
    absent: "as `epochs` has it"
  }),
  ...trainingFields,
  sampleSize: option(Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(1))), {
    help: "use only this many of the sentences, drawn by `seed`: of two sizes the smaller is part of the larger (section 5.3)",
    absent: "all"
  }),
  maxTokens: option(Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(7))), {
    help: "sub-tokens of a window; longer sentences become overlapping windows",
    absent: "the encoder's limit"
  }),
  bucketWindow: option(PositiveInt, {
    default: 1,
    help: "so many batches of the shuffle are sorted by length before they are dealt out, so that less of a batch is padding; 1: batches as the shuffle has them"
  }),
  subTokens: option(Schema.Literals(["all", "first"]), {
    default: "all",
    help: "which sub-tokens of a word are labelled and counted in the loss"
  })
}

const Sentences = Schema.Struct(sentenceFields)
export type SentenceSettings = (typeof Sentences)["Type"]

/** Names the recipe that the other options start from. */
export const presetField = option(Schema.Literals(["paper", "small", "adapt"]), {
  default: "paper",
  help: "the paper's recipe, one for small bases and short runs, or one for bases that were pre-trained on much text and few sentences"
})

/** The recipe of the paper (section 3.3): for RoBERTa-size bases and long runs. */
export const paperTraining = { epochs: 10, learningRate: 3e-5, frozenLayers: "half", dropout: 0.1 } as const

/** For small bases and short runs: a larger step, more of them and nothing frozen. */
export const smallTraining = { epochs: 3, batchSize: 16, learningRate: 1e-3, frozenLayers: 0, dropout: 0 } as const

/**
 * For bases that were pre-trained on much text already, and some thousand sentences: the paper's batches and its frozen lower half, a larger
 * step and no dropout (docs/decisions/pretraining.md says what each is worth).
 */
export const adaptTraining = {
  epochs: 2,
  batchSize: 48,
  learningRate: 3e-4,
  frozenLayers: "half",
  dropout: 0,
  bucketWindow: 16
} as const

/** Optimizer steps of a run over this many training sentences. */
export const stepsOf = (
  settings: Pick<SentenceSettings, "accumulate" | "batchSize" | "epochs" | "steps">,
  sentences: number
): number => {
  const { accumulate, batchSize, epochs, steps } = settings
  return steps ?? Math.ceil((Math.ceil(sentences / batchSize) * epochs) / accumulate)
}
