import { decodeOptions, option, PositiveInt } from "@nuner/core"
import { Schema } from "effect"
import { givenOptions, predictFields } from "../predictFields.ts"
import type { ZeroShotOptions } from "../ZeroShotModel.ts"
import type { GlinerConfig } from "./GlinerConfig.ts"

/** The switches of both modes: what the published code does, and what is right. */
const predictionModes = {
  published: { emptyWords: "shift", long: "truncate", merge: "published", typesAtOnce: Number.MAX_SAFE_INTEGER },
  corrected: { emptyWords: "unknown", long: "windows", merge: "corrected", typesAtOnce: undefined }
} as const

/** What a model of this kind is asked with, beside a signal. */
export const GlinerPredictOptions = Schema.Struct({
  mode: option(Schema.Literals(["published", "corrected"]), {
    default: "corrected",
    help: "sets those of the next four switches that are not given: as the published code does, or as is right"
  }),
  emptyWords: option(Schema.optionalKey(Schema.Literals(["unknown", "shift"])), {
    help: "a word of which the tokenizer leaves nothing is read as unknown, or passed over, which shifts those behind it",
    absent: "by `mode`: shift, unknown"
  }),
  long: option(Schema.optionalKey(Schema.Literals(["windows", "truncate"])), {
    help: "a text longer than is read at once is read in overlapping windows, or cut off",
    absent: "by `mode`: truncate, windows"
  }),
  merge: option(Schema.optionalKey(Schema.Literals(["corrected", "published", "none"])), {
    help: "words of a model of width 1 become entities by words and the least score, by characters and the first score, or not at all",
    absent: "as `mode`"
  }),
  typesAtOnce: option(Schema.optionalKey(PositiveInt), {
    help: "types in one row; more are read in groups, which do not see each other, and whose candidates compete",
    absent: "by `mode`: all, the model's `max_types`"
  }),
  tokenScore: option(Schema.Literals(["min", "mean"]), {
    default: "min",
    help: "of a token-level model: the least of an entity's probabilities, or, as published before March 2025, the mean of those inside"
  }),
  threshold: option(predictFields.threshold, { default: 0.5, help: "least probability of an entity" }),
  thresholds: predictFields.thresholds,
  nested: option(Schema.Boolean, { default: false, help: "an entity may lie inside another one" }),
  multiLabel: predictFields.multiLabel,
  batchTokens: predictFields.batchTokens
})

export type GlinerPredictOptions = ZeroShotOptions & Partial<(typeof GlinerPredictOptions)["Encoded"]>

/** @throws OptionError */
export const predictSettings = (
  options: Omit<GlinerPredictOptions, "signal">,
  { maxTypes, maxWidth, spanMode, typeVector }: GlinerConfig
) => {
  const settings = decodeOptions("zeroshot", GlinerPredictOptions, givenOptions(options))
  const switches = predictionModes[settings.mode]
  const singleWords = spanMode !== "token_level" && maxWidth === 1
  return {
    ...switches,
    ...settings,
    merge: singleWords ? (settings.merge ?? switches.merge) : ("none" as const),
    // Types with an encoder of their own do not see each other; all pairs of words and types are too many.
    typesAtOnce:
      settings.typesAtOnce ??
      switches.typesAtOnce ??
      (typeVector === "own" && spanMode !== "token_level" ? Number.MAX_SAFE_INTEGER : maxTypes)
  }
}
export type PredictSettings = ReturnType<typeof predictSettings>
