import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** Beside what another option an option has an effect: where that is given, has one of some values, has others than some, or is absent. */
export interface Need {
  readonly option: string
  readonly is?: ReadonlyArray<unknown>
  readonly not?: ReadonlyArray<unknown>
  readonly absent?: true
}

/** What people are told of an option: `--help`, the tables of the READMEs and the schema of `nuner.config.json` say it from here. */
export interface OptionText {
  /** What it does and what its values mean; names of other options in backticks. Begins small and ends without a full stop. */
  readonly help: string
  /** What a number counts: "seconds", "tokens". */
  readonly unit?: string
  /** What holds where it is not given and has no default: "all", "the encoder's limit". */
  readonly absent?: string
  /** Where it has an effect: a command refuses it elsewhere. */
  readonly needs?: Need | ReadonlyArray<Need>
  /** Of a list: a command line gives its items one by one, each behind the option's name. */
  readonly repeated?: boolean
}

interface DefineOption {
  <S extends Schema.Top>(
    schema: S,
    text: OptionText & { readonly default: S["Encoded"] }
  ): Schema.withDecodingDefault<S>
  <S extends Schema.Top>(schema: S, text: OptionText): S
}

/**
 * A field of a component's flat option schema with all that is known of it: its type and range (the schema), its default, its unit, its
 * help. With a `default` it may be absent or undefined; `Schema.optionalKey(...)` may be absent; any other has to be given.
 */
export const option = ((schema: Schema.Top, { help, ...text }: OptionText & { readonly default?: unknown }) => {
  const field = "default" in text ? schema.pipe(Schema.withDecodingDefault(Effect.succeed(text.default))) : schema
  return field.annotateKey({ description: help, ...text })
}) as DefineOption
