import { option, PositiveInt } from "@nuner/core"
import * as Schema from "effect/Schema"

/** How texts are turned into vectors. */
export const EncodeOptions = Schema.Struct({
  layers: option(Schema.Array(Schema.Int), {
    default: [-1],
    help: "hidden states to concatenate, -1 the last; NuNER's model cards advise -1,-7 for frozen use"
  }),
  pooling: option(Schema.Literals(["none", "word", "first", "mean"]), {
    default: "none",
    help: "none: a vector a token; word: a vector a word, the mean of its sub-tokens; first: that of <s> or [CLS], of a text in several windows their mean, weighted by the tokens each window owns; mean: over the text's tokens without special ones"
  }),
  batchTokens: option(PositiveInt, {
    default: 2048,
    help: "the most in one batch, padding included; decides memory",
    unit: "tokens"
  }),
  overlap: option(Schema.optionalKey(Schema.Natural), {
    help: "what neighbouring windows of a long text share, at least",
    unit: "tokens",
    absent: "a quarter of the window"
  }),
  readAhead: option(PositiveInt, {
    default: 2048,
    help: "texts that are read ahead and sorted by length together; fewer where they are long, of 2^18 UTF-16 units together"
  })
})
export interface EncodeOptions extends Schema.Schema.Type<typeof EncodeOptions> {}
