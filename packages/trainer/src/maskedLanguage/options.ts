import { decodeOptions } from "@nuner/core"
import { Effect, Schema } from "effect"

const positive = Schema.Finite.check(Schema.isGreaterThan(0))
const part = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const count = Schema.Int.check(Schema.isGreaterThan(0))

const Options = Schema.Struct({
  /** Tokens to train on in all; texts are read again and again until then. */
  tokens: count,
  /** Rows of a batch. Default 16. */
  batchSize: count.pipe(Schema.withDecodingDefault(Effect.succeed(16))),
  /** Tokens of a row, special ones included: texts are packed whole, one behind the other. Default 64. */
  rowTokens: Schema.Int.check(Schema.isGreaterThan(7)).pipe(Schema.withDecodingDefault(Effect.succeed(64))),
  /** Peak learning rate of AdamW. Default 1e-3, for encoders of a few million parameters; 1e-4 to adapt a RoBERTa-base. */
  learningRate: positive.pipe(Schema.withDecodingDefault(Effect.succeed(1e-3))),
  /** Part of the steps over which the rate rises. Default 0.05. */
  warmup: part.pipe(Schema.withDecodingDefault(Effect.succeed(0.05))),
  /** Part of the steps, the last ones, over which it falls to 0. Default 0.3. */
  decay: part.pipe(Schema.withDecodingDefault(Effect.succeed(0.3))),
  weightDecay: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)).pipe(
    Schema.withDecodingDefault(Effect.succeed(0.01))
  ),
  /** Largest global gradient norm. Default 1. */
  clip: positive.pipe(Schema.withDecodingDefault(Effect.succeed(1))),
  /**
   * Part of the steps, the first ones, in which every next token is predicted from those before it. From nothing, masking alone stalls
   * at the frequencies of words for millions of tokens. Default 0.25; 0 to adapt an encoder that is trained already.
   */
  causal: part.pipe(Schema.withDecodingDefault(Effect.succeed(0.25))),
  /** Part of the tokens that are predicted when masking. RoBERTa has 0.15; 0.3 learns faster at small sizes. Default 0.3. */
  maskRate: Schema.Finite.check(Schema.isBetween({ minimum: 0.01, maximum: 0.9 })).pipe(
    Schema.withDecodingDefault(Effect.succeed(0.3))
  ),
  /** Mask all sub-tokens of a word together. Default false. */
  wholeWords: Schema.Boolean.pipe(Schema.withDecodingDefault(Effect.succeed(false))),
  /** Part of the texts read in lower case, for data that has no capitals. Default 0. */
  lowercase: part.pipe(Schema.withDecodingDefault(Effect.succeed(0))),
  /** Part of the rows kept out of training to validate on. Default 0.02. */
  validation: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.5 })).pipe(
    Schema.withDecodingDefault(Effect.succeed(0.02))
  ),
  /** Steps between validations. Default 500. */
  validateEvery: count.pipe(Schema.withDecodingDefault(Effect.succeed(500))),
  /** Default 0. */
  dropout: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.9 })).pipe(
    Schema.withDecodingDefault(Effect.succeed(0))
  ),
  seed: Schema.Int.pipe(Schema.withDecodingDefault(Effect.succeed(0)))
})

export type MaskedLanguageSettings = (typeof Options)["Type"]
export type MaskedLanguageOptions = (typeof Options)["Encoded"]

/** @throws OptionError */
export const decodeMaskedLanguageOptions = (options: MaskedLanguageOptions): MaskedLanguageSettings =>
  decodeOptions("pretrainMaskedLanguage", Options, options)

/** What suits an encoder that is trained already, to adapt it to the text of a domain: masking from the start, a smaller step. */
export const adaptation = { causal: 0, learningRate: 1e-4 } as const
