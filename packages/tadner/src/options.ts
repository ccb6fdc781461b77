import { decodeOptions, OptionError } from "@nuner/core"
import { FrozenLayers } from "@nuner/encoder"
import { Effect, Schema } from "effect"

const withDefault = <A>(value: A) => Schema.withDecodingDefaultKey<Schema.Codec<A>>(Effect.succeed(value))
const positive = Schema.Finite.check(Schema.isGreaterThan(0))
const count = Schema.Int.check(Schema.isGreaterThan(0))
const rate = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0), Schema.isLessThan(1))

const SpanScheme = Schema.Literals(["IO", "BIO", "BIOES"])
const Long = Schema.Literals(["truncate", "windows"])
const Mode = Schema.Literals(["published", "corrected"])
export type Mode = typeof Mode.Type

/** The switches of both modes: what the published code does, and what is right. */
export const modes = {
  published: {
    scheme: "IO",
    loseAdjacentSingletons: true,
    long: "truncate",
    misalign: true,
    typeDropout: true,
    normaliseOverSpans: true,
    onNoSpan: "crash"
  },
  corrected: {
    scheme: "BIOES",
    loseAdjacentSingletons: false,
    long: "windows",
    misalign: false,
    typeDropout: false,
    normaliseOverSpans: false,
    onNoSpan: "empty"
  }
} as const satisfies Record<Mode, Record<string, unknown>>

/** What source training and adaptation share. */
const common = {
  /** Sets every switch that is not given: as the published code does, or as is right. Default "corrected". */
  mode: Mode.pipe(withDefault<Mode>("corrected")),
  /** A sentence beyond `maxTokens` is cut off, or read in overlapping windows. Default by mode: truncate, windows. */
  long: Schema.optionalKey(Long),
  /** In BIOES labels, of two adjacent one-word entities the second is lost. Default by mode: true, false. */
  loseAdjacentSingletons: Schema.optionalKey(Schema.Boolean),
  /** The most sub-tokens of a sentence or window, special ones included; never more than the encoder takes. Default 128. */
  maxTokens: Schema.Int.check(Schema.isGreaterThanOrEqualTo(4)).pipe(withDefault(128)),
  /** Adam's. Default 3e-5, for BERT-base; small encoders need more. */
  learningRate: positive.pipe(withDefault(3e-5)),
  /**
   * What stays as it is: "embeddings", these and so many bottom layers, or "half" of them. They have no dropout, and are computed once a
   * sentence. Default 0: everything is trained.
   */
  frozenLayers: FrozenLayers.pipe(withDefault<FrozenLayers>(0)),
  /** Of fresh weights, order and dropout. Default 0. */
  seed: Schema.Int.pipe(withDefault(0))
}

/** Source training: both stages on sentences with plenty of labels. */
export const SourceOptions = Schema.Struct({
  ...common,
  /** The detector's tags: IO merges neighbours. Default by mode: IO, BIOES. */
  scheme: Schema.optionalKey(SpanScheme),
  /** Passes over the sentences, each stage. Default 1. */
  epochs: count.pipe(withDefault(1)),
  /** Sentences (windows of long ones) of an update. Default 32. */
  batchSize: count.pipe(withDefault(32)),
  /** Dropout before the detector's linear layer. Default 0.2. */
  headDropout: rate.pipe(withDefault(0.2)),
  /** Of the type-aware contrastive loss. Default 0.05. */
  temperature: positive.pipe(withDefault(0.05)),
  /** A directory for checkpoints; a run that finds its own there goes on from them, equal to the bit. Default: none are written. */
  checkpoints: Schema.optionalKey(Schema.NonEmptyString),
  /** Updates between checkpoints. Default 200. */
  checkpointEvery: count.pipe(withDefault(200))
})
export interface SourceOptions extends Schema.Codec.Encoded<typeof SourceOptions> {}

/** Adaptation to new types from a support set, and prediction. */
export const AdaptOptions = Schema.Struct({
  ...common,
  /** A word's vector in stage 2: the mean of the last four layers (TadNER), or the last one (NuNER's backbones). Default "last4". */
  phi: Schema.Literals(["last4", "last"]).pipe(withDefault<"last4" | "last">("last4")),
  /** Dropout stays on for type names, prototypes, threshold and prediction. Default by mode: true, false. */
  typeDropout: Schema.optionalKey(Schema.Boolean),
  /** Types are chosen by scores divided by their norm over all spans of the query (of the texts given). Default by mode: true, false. */
  normaliseOverSpans: Schema.optionalKey(Schema.Boolean),
  /** Whether spans that fit no type are dropped (the type-aware filter). Default true. */
  filter: Schema.Boolean.pipe(withDefault(true)),
  /** The most updates of a stage. Default 100. */
  steps: Schema.Natural.pipe(withDefault(100)),
  /** Updates in a row with a loss above the best that stage 1 goes through. Default 2; 6 where each labelled type has 5 entities or more. */
  detectorPatience: Schema.optionalKey(Schema.Natural),
  /** The same for stage 2. Default 0: it stops at the first rise. */
  classifierPatience: Schema.Natural.pipe(withDefault(0)),
  /** The most tokens of a batch of prediction, padding included. Default 2048. */
  batchTokens: count.pipe(withDefault(2048))
})
export interface AdaptOptions extends Schema.Codec.Encoded<typeof AdaptOptions> {}

/** Adaptation, prediction and scoring of episodes. */
export const EpisodeOptions = Schema.Struct({
  ...AdaptOptions.fields,
  /** After a truncated sentence, spans of an episode are read at shifted places. Needs `long: "truncate"`. Default by mode: true, false. */
  misalign: Schema.optionalKey(Schema.Boolean),
  /** An episode without any predicted span fails and is left out of the score, or has an empty prediction. Default by mode: crash, empty. */
  onNoSpan: Schema.optionalKey(Schema.Literals(["crash", "empty"]))
})
export interface EpisodeOptions extends Schema.Codec.Encoded<typeof EpisodeOptions> {}

/** Source options with every switch set. */
export const sourceSettings = (options: SourceOptions) => {
  const settings = decodeOptions("trainSource", SourceOptions, options)
  const { long, loseAdjacentSingletons, scheme } = modes[settings.mode]
  return { long, loseAdjacentSingletons, scheme, ...settings }
}
export type SourceSettings = ReturnType<typeof sourceSettings>

/** Adaptation options with every switch set. */
export const adaptSettings = (options: AdaptOptions) => {
  const settings = decodeOptions("tadner", AdaptOptions, options)
  const { long, loseAdjacentSingletons, normaliseOverSpans, typeDropout } = modes[settings.mode]
  return { long, loseAdjacentSingletons, normaliseOverSpans, typeDropout, ...settings }
}
export type AdaptSettings = ReturnType<typeof adaptSettings>

/** Episode options with every switch set. @throws OptionError */
export const episodeSettings = (options: EpisodeOptions) => {
  const settings = decodeOptions("tadner", EpisodeOptions, options)
  const { scheme: _, ...switches } = modes[settings.mode]
  const all = { ...switches, ...settings }
  if (settings.misalign && all.long === "windows") {
    const reason = "nothing is misaligned where nothing is cut off"
    throw new OptionError({ component: "tadner", option: "misalign", reason, remedy: 'set long to "truncate"' })
  }
  return { ...all, misalign: all.misalign && all.long === "truncate" }
}
export type EpisodeSettings = ReturnType<typeof episodeSettings>
