import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const positive = Schema.Int.check(Schema.isGreaterThan(0))

/** How a word becomes a vector: a classifier must read words as it was trained to. */
export const featureFields = {
  /**
   * Hidden states to concatenate: -1 is the last; [-1, -7] is what NuNER's model cards advise for frozen use. Default
   * [-1].
   */
  layers: Schema.Array(Schema.Int)
    .check(Schema.isMinLength(1))
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed<ReadonlyArray<number>>([-1]))),
  /**
   * A word's vector is that of its first sub-token, or the mean over its sub-tokens. Default "first" (NuNER, section
   * 4.1).
   */
  pooling: Schema.Literals(["first", "mean"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed("first" as const)))
}

/** How many tokens, padding included, go through the encoder at once. Default 2048. */
export const batchTokensField = positive.pipe(Schema.withDecodingDefaultKey(Effect.succeed(2048)))

export type Pooling = "first" | "mean"
