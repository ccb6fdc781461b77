import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const positive = Schema.Int.check(Schema.isGreaterThan(0))

/** How texts are turned into vectors. */
export const EncodeOptions = Schema.Struct({
  /**
   * Hidden states to concatenate: -1 is the last; [-1, -7] is what NuNER's model cards advise for frozen use. Default [-1].
   */
  layers: Schema.Array(Schema.Int).pipe(Schema.withDecodingDefaultKey(Effect.succeed([-1]))),
  /**
   * "none": a vector per token. "word": a vector per word (`words` of @nuner/core), the mean of its sub-tokens. "first": the vector of `<s>` or `[CLS]`; of a text in several windows, their mean, weighted by the tokens
   * each window owns. "mean": the mean over the text's tokens without special ones. Default "none".
   */
  pooling: Schema.Literals(["none", "word", "first", "mean"]).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("none" as const))
  ),
  /** The most tokens, padding included, in one batch; decides memory. Default 2048. */
  batchTokens: positive.pipe(Schema.withDecodingDefaultKey(Effect.succeed(2048))),
  /** Tokens that neighbouring windows of a long text share, at least. Default: a quarter of the window. */
  overlap: Schema.optionalKey(Schema.Natural),
  /** Texts that are read ahead and sorted by length together; fewer where they are long, of 2^18 UTF-16 units together. Default 2048. */
  readAhead: positive.pipe(Schema.withDecodingDefaultKey(Effect.succeed(2048)))
})
export interface EncodeOptions extends Schema.Schema.Type<typeof EncodeOptions> {}
