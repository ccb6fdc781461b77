import { Effect, Schema } from "effect"

const positive = Schema.Finite.check(Schema.isGreaterThan(0))
const fraction = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const count = Schema.Int.check(Schema.isGreaterThan(0))

/** How to pre-train an encoder on sentences, whatever the objective. */
export const trainingFields = {
  /** Passes over the training sentences. */
  epochs: count,
  /** Stops the schedule after this many optimizer steps instead of `epochs`. */
  steps: Schema.optionalKey(count),
  /** Peak learning rate of AdamW. */
  learningRate: positive,
  /** Sentences a batch. */
  batchSize: count.pipe(Schema.withDecodingDefault(Effect.succeed(48))),
  /** Batches whose gradients are added before one optimizer step. */
  accumulate: count.pipe(Schema.withDecodingDefault(Effect.succeed(1))),
  /** Part of the steps over which the learning rate rises from 0, before it falls linearly to 0. */
  warmup: fraction.pipe(Schema.withDecodingDefault(Effect.succeed(0.1))),
  /** Decoupled weight decay; not applied to biases and LayerNorm. */
  weightDecay: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)).pipe(
    Schema.withDecodingDefault(Effect.succeed(0.01))
  ),
  beta1: fraction.pipe(Schema.withDecodingDefault(Effect.succeed(0.9))),
  beta2: fraction.pipe(Schema.withDecodingDefault(Effect.succeed(0.999))),
  epsilon: positive.pipe(Schema.withDecodingDefault(Effect.succeed(1e-6))),
  /** Largest global gradient norm; absent: no clipping. */
  clip: Schema.optionalKey(positive),
  /** Bottom layers of the encoder (and its embeddings, when not 0) that are not trained. `"half"`: half of its depth. */
  frozenLayers: Schema.Union([Schema.Natural, Schema.Literal("half")]),
  /** Dropout on embeddings, attention and feed-forward outputs. */
  dropout: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.9 })),
  /** Use only this many of the sentences, drawn by `seed`: of two sizes the smaller is part of the larger (section 5.3). Absent: all. */
  sampleSize: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(1))),
  /** Part of the sentences kept out of training to validate on. */
  validation: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.5 })).pipe(
    Schema.withDecodingDefault(Effect.succeed(0.1))
  ),
  /** Optimizer steps between validations; absent: at the end of every epoch. */
  validateEvery: Schema.optionalKey(count),
  /** Which weights the run ends with: those of its end, or of the least validation loss (needs a checkpoint directory). */
  weights: Schema.Literals(["last", "best"]).pipe(Schema.withDecodingDefault(Effect.succeed("last" as const))),
  /** Sub-tokens of a window; absent: the encoder's limit. Longer sentences become overlapping windows. */
  maxTokens: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(7))),
  seed: Schema.Int.pipe(Schema.withDecodingDefault(Effect.succeed(0)))
}

const Settings = Schema.Struct(trainingFields)
export type TrainingSettings = (typeof Settings)["Type"]

/** The recipe of the paper (section 3.3): for RoBERTa-size bases and long runs. */
export const paperTraining = { epochs: 10, learningRate: 3e-5, frozenLayers: "half", dropout: 0.1 } as const

/** For small bases and short runs: a larger step, more of them and nothing frozen. */
export const smallTraining = { epochs: 3, batchSize: 16, learningRate: 1e-3, frozenLayers: 0, dropout: 0 } as const
