import { decodeOptions, OptionError, option, Positive, PositiveInt, Rate } from "@nuner/core"
import { FrozenLayers, frozenLayersHelp } from "@nuner/encoder"
import { Schema } from "effect"

const Mode = Schema.Literals(["published", "corrected"])
/** As the published code computes, or as the paper says and it should. */
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
  mode: option(Mode, {
    default: "corrected",
    help: "sets every switch that is not given: as the published code does, or as is right"
  }),
  long: option(Schema.optionalKey(Schema.Literals(["truncate", "windows"])), {
    help: "a sentence beyond `maxTokens` is cut off, or read in overlapping windows"
  }),
  loseAdjacentSingletons: option(Schema.optionalKey(Schema.Boolean), {
    help: "in BIOES labels, of two adjacent one-word entities the second is lost",
    needs: { option: "scheme", is: ["BIOES"] }
  }),
  maxTokens: option(Schema.Int.check(Schema.isGreaterThanOrEqualTo(4)), {
    default: 128,
    help: "the most of a sentence or window, special ones included; never more than the encoder takes",
    unit: "sub-tokens"
  }),
  learningRate: option(Positive, { default: 3e-5, help: "Adam's, for BERT-base; small encoders need more" }),
  frozenLayers: option(FrozenLayers, {
    default: 0,
    help: `${frozenLayersHelp}; frozen layers have no dropout, and are computed once a sentence`
  }),
  seed: option(Schema.Int, { default: 0, help: "of fresh weights, order and dropout" })
}

/** Source training: both stages on sentences with plenty of labels. */
export const SourceOptions = Schema.Struct({
  ...common,
  scheme: option(Schema.optionalKey(Schema.Literals(["IO", "BIO", "BIOES"])), {
    help: "the detector's tags: IO merges neighbours"
  }),
  epochs: option(PositiveInt, { default: 1, help: "passes over the sentences, each stage" }),
  batchSize: option(PositiveInt, { default: 32, help: "sentences (windows of long ones) of an update" }),
  headDropout: option(Rate, { default: 0.2, help: "dropout before the detector's linear layer" }),
  temperature: option(Positive, { default: 0.05, help: "of the type-aware contrastive loss" }),
  checkpoints: option(Schema.optionalKey(Schema.NonEmptyString), {
    help: "a directory for checkpoints; a run that finds its own there goes on from them, equal to the bit",
    absent: "none are written"
  }),
  checkpointEvery: option(PositiveInt, { default: 200, help: "updates between checkpoints" })
}).annotate({ presets: modes })
export interface SourceOptions extends Schema.Codec.Encoded<typeof SourceOptions> {}

/** Adaptation to new types from a support set, and prediction. */
export const AdaptOptions = Schema.Struct({
  ...common,
  phi: option(Schema.Literals(["last4", "last"]), {
    default: "last4",
    help: "a word's vector in stage 2: the mean of the last four layers (TadNER), or the last one (NuNER's encoders)"
  }),
  typeDropout: option(Schema.optionalKey(Schema.Boolean), {
    help: "dropout stays on for type names, prototypes, threshold and prediction"
  }),
  normaliseOverSpans: option(Schema.optionalKey(Schema.Boolean), {
    help: "types are chosen by scores divided by their norm over all spans of the query (of the texts given)"
  }),
  filter: option(Schema.Boolean, {
    default: true,
    help: "the type-aware filter: whether spans that fit no type are dropped"
  }),
  steps: option(Schema.Natural, { default: 100, help: "the most updates of a stage" }),
  detectorPatience: option(Schema.optionalKey(Schema.Natural), {
    help: "updates in a row with a loss above the best that stage 1 goes through",
    absent: "2; 6 where each labelled type has 5 entities or more"
  }),
  classifierPatience: option(Schema.Natural, {
    default: 0,
    help: "the same for stage 2; 0: it stops at the first rise"
  }),
  batchTokens: option(PositiveInt, {
    default: 2048,
    help: "the most of a batch of prediction, padding included",
    unit: "tokens"
  })
}).annotate({ presets: modes })
export interface AdaptOptions extends Schema.Codec.Encoded<typeof AdaptOptions> {}

/** Adaptation, prediction and scoring of episodes. */
export const EpisodeOptions = Schema.Struct({
  ...AdaptOptions.fields,
  misalign: option(Schema.optionalKey(Schema.Boolean), {
    help: "behind a truncated sentence, spans of an episode are read at shifted places",
    needs: { option: "long", is: ["truncate"] }
  }),
  onNoSpan: option(Schema.optionalKey(Schema.Literals(["crash", "empty"])), {
    help: "an episode without any predicted span fails and is left out of the score, or has an empty prediction"
  })
}).annotate({ presets: modes })
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
