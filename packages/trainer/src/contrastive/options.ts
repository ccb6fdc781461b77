import { decodeOptions, OptionError } from "@nuner/core"
import { Effect, Schema } from "effect"
import { adaptTraining, paperTraining, sentenceFields, smallTraining } from "../options.ts"

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

const weight = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

const Options = Schema.Struct({
  ...sentenceFields,
  /** What a token and a concept are compared by: the dot product of their vectors, or the cosine between them. */
  similarity: Schema.Literals(["dot", "cosine"]).pipe(Schema.withDecodingDefault(Effect.succeed("dot" as const))),
  /** tau: divides the similarity of token and concept. `"sqrt-hidden"`: the square root of the width. A cosine needs about 0.1. */
  temperature: Schema.Union([Schema.Finite.check(Schema.isGreaterThan(0)), Schema.Literal("sqrt-hidden")]),
  /** Whether tau is learned from there on; its logarithm is. */
  learnTemperature: Schema.Boolean.pipe(Schema.withDecodingDefault(Effect.succeed(false))),
  /** Offset added to every logit: none, or learned from the log-odds of the positive rate on. */
  bias: Schema.Literals(["none", "log-odds"]),
  /** Width of a linear projection of both sides before they are compared, dropped from the encoders at the end; absent: none. */
  projection: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
  /** The vector of a concept's name: its first token (`<s>`), or the mean of its sub-tokens. */
  conceptPooling: Schema.Literals(["first", "mean"]),
  /** What the concept encoder reads: a concept's name, or the LLM's description of the entity where there is one. */
  conceptText: Schema.Literals(["name", "description"]).pipe(
    Schema.withDecodingDefault(Effect.succeed("name" as const))
  ),
  /** Keep only the annotations of the n most frequent concepts (section 5.2). */
  topConcepts: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
  /** Keep the sentences without a concept to train on, as examples of what is none. */
  keepEmpty: Schema.Boolean.pipe(Schema.withDecodingDefault(Effect.succeed(false))),
  /** Leave near-synonyms of a positive ("company", "company name") out of the loss instead of counting them as negatives. */
  maskNearSynonyms: Schema.Boolean.pipe(Schema.withDecodingDefault(Effect.succeed(false))),
  /** Concepts of other sentences, drawn by their frequency, that join those of each batch as negatives. */
  extraConcepts: Schema.Natural.pipe(Schema.withDecodingDefault(Effect.succeed(0))),
  /** Weight of a positive cell in the loss. */
  positiveWeight: weight.pipe(Schema.withDecodingDefault(Effect.succeed(1))),
  /** Weight of the cells of a token that no mention covers: an LLM overlooks entities, so some of these negatives are wrong. */
  unlabelledWeight: weight.pipe(Schema.withDecodingDefault(Effect.succeed(1)))
})

export type PretrainSettings = (typeof Options)["Type"]

/** Every setting, flat; those absent come from the preset. */
export type PretrainOptions = Partial<(typeof Options)["Encoded"]> & {
  /** Default `"paper"`. */
  readonly preset?: "paper" | "small" | "adapt"
}

/** @throws OptionError for an unknown or out-of-range option, and for options that do not go together */
export const decodePretrainOptions = ({ preset = "paper", ...options }: PretrainOptions): PretrainSettings => {
  const settings = decodeOptions("pretrain", Options, { ...{ paper, small, adapt }[preset], ...options })
  if (settings.similarity === "cosine" && settings.temperature === "sqrt-hidden") {
    const reason = "a cosine is between -1 and 1 and needs a small number, for example 0.1"
    throw new OptionError({ component: "pretrain", option: "temperature", reason })
  }
  return settings
}
