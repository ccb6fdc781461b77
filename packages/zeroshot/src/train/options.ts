import { decodePreset, NonNegative, OptionError, option, Positive, PositiveInt, Rate } from "@nuner/core"
import { trainingFields } from "@nuner/trainer"
import { Schema } from "effect"

/** The switches of both modes: what the published code does, and what is right. */
const trainingModes = {
  published: { oneTypePerSpan: true, randomDrop: false, reshuffle: false },
  corrected: { oneTypePerSpan: false, randomDrop: true, reshuffle: true }
} as const

const fields = {
  epochs: option(PositiveInt, {
    default: 3,
    help: "passes over the training sentences",
    needs: { option: "steps", absent: true }
  }),
  steps: option(Schema.optionalKey(PositiveInt), {
    help: "stops the schedule after this many optimizer steps instead of `epochs`",
    absent: "as `epochs` has it"
  }),
  ...trainingFields,
  decayAll: option(Schema.Boolean, {
    default: false,
    help: "`weightDecay` is applied to biases and LayerNorm too, as by GLiNER's trainer"
  }),
  headRate: option(Positive, {
    default: 5,
    help: "peak learning rate of the head and the LSTM over that of the encoder"
  }),
  sampleSize: option(Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(1))), {
    help: "use only this many of the sentences, drawn by `seed`",
    absent: "all"
  }),
  bucketWindow: option(PositiveInt, {
    default: 16,
    help: "so many batches of the shuffle are sorted by length before they are dealt out, so that less of a batch is padding"
  }),
  mode: option(Schema.Literals(["published", "corrected"]), {
    default: "corrected",
    help: "sets those of the next three switches that are not given: as the published code does, or as is right"
  }),
  randomDrop: option(Schema.optionalKey(Schema.Boolean), {
    help: "a random part of a sentence's types is asked for; entities of the others are none",
    absent: "by `mode`: false, true"
  }),
  reshuffle: option(Schema.optionalKey(Schema.Boolean), {
    help: "the batch's types are shuffled anew for every sentence",
    absent: "by `mode`: false, true"
  }),
  oneTypePerSpan: option(Schema.optionalKey(Schema.Boolean), {
    help: "of several types of one span the last one counts alone",
    absent: "by `mode`: true, false"
  }),
  negativeRatio: option(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)), {
    default: 1,
    help: "types of the batch beside a sentence's own: 0 to this many times its mentions, drawn anew each time"
  }),
  lowercase: option(Schema.Boolean, {
    default: true,
    help: "types are read in lower case, as NuNER Zero wants them, in training and whenever the model is asked"
  }),
  positiveWeight: option(Positive, {
    default: 2,
    help: "weight of a positive cell over a negative one; 2 is NuNER Zero's"
  }),
  alpha: option(Schema.Finite.check(Schema.isLessThanOrEqualTo(1)), {
    default: -1,
    help: "focal loss: weight of positives, 1 - alpha that of negatives; below 0: none"
  }),
  gamma: option(NonNegative, {
    default: 0,
    help: "focal loss: power of what is missing to the right probability; 0: none"
  }),
  margin: option(Rate, { default: 0, help: "taken off the probability of negatives" }),
  smoothing: option(Rate, { default: 0, help: "label smoothing" }),
  reduction: option(Schema.Literals(["sum", "mean"]), {
    default: "sum",
    help: "the sum over a batch's cells, or that over its number of spans (of words and types, where words are scored)"
  })
}
const Settings = Schema.Struct(fields)

/** AdamW at 1e-5 and 5e-5, warm-up, cosine, decay of everything, no clipping (NuNER Zero's configuration file). */
const presets = {
  paper: {
    learningRate: 1e-5,
    batchSize: 8,
    schedule: "cosine",
    dropout: 0.1,
    frozenLayers: 0,
    validation: 0.02,
    epsilon: 1e-8,
    decayAll: true
  },
  small: {
    learningRate: 5e-5,
    batchSize: 16,
    schedule: "cosine",
    dropout: 0.1,
    frozenLayers: 0,
    validation: 0.02,
    clip: 10
  }
} as const

/** Every setting, flat; those absent come from the preset. */
export const ZeroTrainOptions = Schema.Struct({
  preset: option(Schema.Literals(["small", "paper"]), {
    default: "small",
    help: "a recipe for small encoders and some thousand sentences, or NuNER Zero's, for DeBERTa-v3-large"
  }),
  ...fields
}).annotate({ presets })
export type ZeroTrainOptions = Partial<(typeof ZeroTrainOptions)["Encoded"]>

/** @throws OptionError for an unknown or out-of-range option */
export const zeroTrainSettings = ({ preset = "small", ...options }: ZeroTrainOptions) => {
  const settings = decodePreset("zero train", Settings, presets, preset, options)
  if (settings.alpha === 0) {
    const reason = "0 takes every positive out of the loss, as a published configuration does"
    throw new OptionError({ component: "zero train", option: "alpha", reason, remedy: "-1 switches it off" })
  }
  return { ...trainingModes[settings.mode], ...settings }
}
export type ZeroTrainSettings = ReturnType<typeof zeroTrainSettings>
