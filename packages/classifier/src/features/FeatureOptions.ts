import { option, PositiveInt } from "@nuner/core"
import * as Schema from "effect/Schema"

/** How a word becomes a vector: a classifier must read words as it was trained to. */
export const featureFields = {
  layers: option(Schema.Array(Schema.Int).check(Schema.isMinLength(1)), {
    default: [-1],
    help: "hidden states to concatenate, -1 the last; NuNER's model cards advise -1,-7 for frozen use"
  }),
  pooling: option(Schema.Literals(["first", "mean"]), {
    default: "first",
    help: "a word's vector: that of its first sub-token (NuNER, section 4.1), or the mean over its sub-tokens"
  })
}

export const batchTokensField = option(PositiveInt, {
  default: 2048,
  help: "what goes through the encoder at once, padding included",
  unit: "tokens"
})

export type Pooling = "first" | "mean"
