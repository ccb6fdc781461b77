import { decodePreset, NonNegative, OptionError, option, Positive, PositiveInt } from "@nuner/core"
import { Schema } from "effect"
import { adaptTraining, paperTraining, presetField, sentenceFields, smallTraining } from "../options.ts"

/** The recipe of the paper (section 3.3): for RoBERTa-size bases and long runs. */
export const paper = { ...paperTraining, temperature: 5, bias: "none", conceptPooling: "first" } as const

/**
 * For small bases and short runs: logits divided by the square root of the width, with a learned bias that starts at the log-odds of
 * the positive rate, a larger step and nothing frozen. With the paper's logits a short run goes into pushing every negative down.
 */
export const small = {
  ...smallTraining,
  temperature: "sqrt-hidden",
  bias: "log-odds",
  conceptPooling: "mean"
} as const

/** For bases that were pre-trained on much text already, and some thousand sentences. */
export const adapt = { ...small, ...adaptTraining } as const

const Settings = Schema.Struct({
  ...sentenceFields,
  similarity: option(Schema.Literals(["dot", "cosine"]), {
    default: "dot",
    help: "what a token and a concept are compared by: the dot product of their vectors, or the cosine between them"
  }),
  temperature: option(Schema.Union([Positive, Schema.Literal("sqrt-hidden")]), {
    help: "tau: divides the similarity of token and concept; sqrt-hidden: the square root of the width; a cosine needs about 0.1"
  }),
  learnTemperature: option(Schema.Boolean, {
    default: false,
    help: "whether tau is learned from there on; its logarithm is"
  }),
  bias: option(Schema.Literals(["none", "log-odds"]), {
    help: "offset added to every logit: none, or learned from the log-odds of the positive rate on"
  }),
  projection: option(Schema.optionalKey(PositiveInt), {
    help: "width of a linear projection of both sides before they are compared, dropped from the encoders at the end",
    absent: "none"
  }),
  conceptPooling: option(Schema.Literals(["first", "mean"]), {
    help: "the vector of a concept's name: its first token (<s>), or the mean of its sub-tokens"
  }),
  conceptText: option(Schema.Literals(["name", "description"]), {
    default: "name",
    help: "what the concept encoder reads: a concept's name, or the LLM's description of the entity where there is one"
  }),
  topConcepts: option(Schema.optionalKey(PositiveInt), {
    help: "keep only the annotations of the n most frequent concepts (section 5.2)",
    absent: "all"
  }),
  keepEmpty: option(Schema.Boolean, {
    default: false,
    help: "keep the sentences without a concept to train on, as examples of what is none"
  }),
  maskNearSynonyms: option(Schema.Boolean, {
    default: false,
    help: "leave near-synonyms of a positive (company, company name) out of the loss instead of counting them as negatives"
  }),
  extraConcepts: option(Schema.Natural, {
    default: 0,
    help: "concepts of other sentences, drawn by their frequency, that join those of each batch as negatives"
  }),
  positiveWeight: option(NonNegative, { default: 1, help: "weight of a positive cell in the loss" }),
  unlabelledWeight: option(NonNegative, {
    default: 1,
    help: "weight of the cells of a token that no mention covers: an LLM overlooks entities, so some of these negatives are wrong"
  })
})

const presets = { paper, small, adapt }

export type PretrainSettings = (typeof Settings)["Type"]

/** Every setting, flat; those absent come from the preset. */
export const PretrainOptions = Schema.Struct({ preset: presetField, ...Settings.fields }).annotate({ presets })
export type PretrainOptions = Partial<(typeof PretrainOptions)["Encoded"]>

/** @throws OptionError for an unknown or out-of-range option, and for options that do not go together */
export const decodePretrainOptions = ({ preset = "paper", ...options }: PretrainOptions): PretrainSettings => {
  const settings = decodePreset("pretrain", Settings, presets, preset, options)
  if (settings.similarity === "cosine" && settings.temperature === "sqrt-hidden") {
    const reason = "a cosine is between -1 and 1 and needs a small number, for example 0.1"
    throw new OptionError({ component: "pretrain", option: "temperature", reason })
  }
  return settings
}
