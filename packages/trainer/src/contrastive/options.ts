import { decodeOptions } from "@nuner/core"
import { Effect, Schema } from "effect"
import { paperTraining, smallTraining, trainingFields } from "../training/settings.ts"

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

const Options = Schema.Struct({
  ...trainingFields,
  /** tau: divides the dot product of token and concept. `"sqrt-hidden"`: the square root of the width. */
  temperature: Schema.Union([Schema.Finite.check(Schema.isGreaterThan(0)), Schema.Literal("sqrt-hidden")]),
  /** Offset added to every logit: none, or learned from the log-odds of the positive rate on. */
  bias: Schema.Literals(["none", "log-odds"]),
  /** The vector of a concept's name: its first token (`<s>`), or the mean of its sub-tokens. */
  conceptPooling: Schema.Literals(["first", "mean"]),
  /** Keep only the annotations of the n most frequent concepts (section 5.2). */
  topConcepts: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
  /** Leave near-synonyms of a positive ("company", "company name") out of the loss instead of counting them as negatives. */
  maskNearSynonyms: Schema.Boolean.pipe(Schema.withDecodingDefault(Effect.succeed(false)))
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
