import { FrozenLayers, loraFields } from "@nuner/encoder"
import { Effect, Schema } from "effect"

const positive = Schema.Finite.check(Schema.isGreaterThan(0))
const fraction = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const count = Schema.Int.check(Schema.isGreaterThan(0))

/** How the weights of an encoder move, whatever it is trained for. */
export const trainingFields = {
  /** Peak learning rate of AdamW. */
  learningRate: positive,
  /** Examples (sentences, rows of text) a batch. */
  batchSize: count.pipe(Schema.withDecodingDefault(Effect.succeed(48))),
  /** Batches whose gradients are added before one optimizer step. */
  accumulate: count.pipe(Schema.withDecodingDefault(Effect.succeed(1))),
  /** Part of the steps over which the learning rate rises from 0. */
  warmup: fraction.pipe(Schema.withDecodingDefault(Effect.succeed(0.1))),
  /** How it falls to 0 afterwards: in a line, along half a cosine, or in a line over the last `decay` of the steps only. */
  schedule: Schema.Literals(["linear", "cosine", "stable"]).pipe(
    Schema.withDecodingDefault(Effect.succeed("linear" as const))
  ),
  /** With schedule `"stable"`: part of the steps, the last ones, over which the learning rate falls. */
  decay: fraction.pipe(Schema.withDecodingDefault(Effect.succeed(0.3))),
  /** Decoupled weight decay; not applied to biases and LayerNorm. */
  weightDecay: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)).pipe(
    Schema.withDecodingDefault(Effect.succeed(0.01))
  ),
  beta1: fraction.pipe(Schema.withDecodingDefault(Effect.succeed(0.9))),
  beta2: fraction.pipe(Schema.withDecodingDefault(Effect.succeed(0.999))),
  epsilon: positive.pipe(Schema.withDecodingDefault(Effect.succeed(1e-6))),
  /** Largest global gradient norm; absent: no clipping. */
  clip: Schema.optionalKey(positive),
  /** What of the encoder is not trained: `"embeddings"`, its embeddings and this many bottom layers, `"half"` of its depth; 0: all is trained. */
  frozenLayers: FrozenLayers,
  ...loraFields,
  /** Dropout on embeddings, attention and feed-forward outputs. */
  dropout: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.9 })),
  /** Keep only each layer's input and compute the rest again in the backward pass: less memory, a third more time. */
  checkpointLayers: Schema.Boolean.pipe(Schema.withDecodingDefault(Effect.succeed(false))),
  /** Part of the examples kept out of training to validate on. */
  validation: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.5 })).pipe(
    Schema.withDecodingDefault(Effect.succeed(0.1))
  ),
  /** Optimizer steps between validations; absent: at the end of every epoch. */
  validateEvery: Schema.optionalKey(count),
  /** Ends the run after this many validations without a smaller loss; absent: never. */
  patience: Schema.optionalKey(count),
  /** Which weights the run ends with: those of its end, or of the least validation loss (needs a checkpoint directory). */
  weights: Schema.Literals(["last", "best"]).pipe(Schema.withDecodingDefault(Effect.succeed("last" as const))),
  /** Of the split, the order, dropout, and new weights. */
  seed: Schema.Int.pipe(Schema.withDecodingDefault(Effect.succeed(0)))
}

const Training = Schema.Struct(trainingFields)
export type TrainingSettings = (typeof Training)["Type"]

/** What objectives over sentences have besides. */
export const sentenceFields = {
  ...trainingFields,
  /** Passes over the training sentences. */
  epochs: count,
  /** Stops the schedule after this many optimizer steps instead of `epochs`. */
  steps: Schema.optionalKey(count),
  /** Use only this many of the sentences, drawn by `seed`: of two sizes the smaller is part of the larger (section 5.3). Absent: all. */
  sampleSize: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(1))),
  /** Sub-tokens of a window; absent: the encoder's limit. Longer sentences become overlapping windows. */
  maxTokens: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(7))),
  /**
   * Batches that are made together: the sentences of so many batches of the shuffle are sorted by length before they are dealt out, so that
   * less of a batch is padding. 1: batches as the shuffle has them.
   */
  bucketWindow: count.pipe(Schema.withDecodingDefault(Effect.succeed(1))),
  /** Which sub-tokens of a word are labelled and counted in the loss: all of them, or the first only. */
  subTokens: Schema.Literals(["all", "first"]).pipe(Schema.withDecodingDefault(Effect.succeed("all" as const)))
}

const Sentences = Schema.Struct(sentenceFields)
export type SentenceSettings = (typeof Sentences)["Type"]

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
export const stepsOf = (settings: SentenceSettings, sentences: number): number => {
  const { accumulate, batchSize, epochs, steps } = settings
  return steps ?? Math.ceil((Math.ceil(sentences / batchSize) * epochs) / accumulate)
}
