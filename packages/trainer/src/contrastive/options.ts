import { decodeOptions } from "@nuner/core"
import { Effect, Schema } from "effect"

const positive = Schema.Finite.check(Schema.isGreaterThan(0))
const fraction = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const count = Schema.Int.check(Schema.isGreaterThan(0))

/** The recipe of the paper (section 3.3): for RoBERTa-size bases and long runs. */
export const paper = {
  epochs: 10,
  learningRate: 3e-5,
  frozenLayers: "half",
  temperature: 5,
  bias: "none",
  conceptPooling: "first",
  dropout: 0.1
} as const

/**
 * For small bases and short runs: logits divided by the square root of the width, with a learned bias that starts at the log-odds of
 * the positive rate, a larger step and nothing frozen. With the paper's logits a short run goes into pushing every negative down.
 */
export const small = {
  epochs: 3,
  learningRate: 1e-3,
  frozenLayers: 0,
  temperature: "sqrt-hidden",
  bias: "log-odds",
  conceptPooling: "mean",
  dropout: 0
} as const

const Options = Schema.Struct({
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
  /** Bottom layers of the text encoder (and its embeddings, when not 0) that are not trained. `"half"`: half of its depth. */
  frozenLayers: Schema.Union([Schema.Natural, Schema.Literal("half")]),
  /** tau: divides the dot product of token and concept. `"sqrt-hidden"`: the square root of the width. */
  temperature: Schema.Union([positive, Schema.Literal("sqrt-hidden")]),
  /** Offset added to every logit: none, or learned from the log-odds of the positive rate on. */
  bias: Schema.Literals(["none", "log-odds"]),
  /** The vector of a concept's name: its first token (`<s>`), or the mean of its sub-tokens. */
  conceptPooling: Schema.Literals(["first", "mean"]),
  /** Dropout on embeddings, attention and feed-forward outputs of both encoders. */
  dropout: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.9 })),
  /** Part of the sentences kept out of training to validate on. */
  validation: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.5 })).pipe(
    Schema.withDecodingDefault(Effect.succeed(0.1))
  ),
  /** Keep only the annotations of the n most frequent concepts (section 5.2). */
  topConcepts: Schema.optionalKey(count),
  /** Leave near-synonyms of a positive ("company", "company name") out of the loss instead of counting them as negatives. */
  maskNearSynonyms: Schema.Boolean.pipe(Schema.withDecodingDefault(Effect.succeed(false))),
  /** Sub-tokens of a window; absent: the encoder's limit. Longer sentences become overlapping windows. */
  maxTokens: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(7))),
  seed: Schema.Int.pipe(Schema.withDecodingDefault(Effect.succeed(0))),
  /** Optimizer steps between validations; absent: at the end of every epoch. */
  validateEvery: Schema.optionalKey(count)
})

export type PretrainSettings = (typeof Options)["Type"]

/** Every setting, flat; those absent come from the preset. */
export type PretrainOptions = Partial<(typeof Options)["Encoded"]> & {
  /** Default `"paper"`. */
  readonly preset?: "paper" | "small"
}

/** @throws OptionError for an unknown or out-of-range option */
export const decodePretrainOptions = ({ preset = "paper", ...options }: PretrainOptions): PretrainSettings =>
  decodeOptions("pretrain", Options, { ...{ paper, small }[preset], ...options })
