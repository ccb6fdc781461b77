import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { decoder } from "./decoder.ts"
import { jsonOf } from "./jsonOf.ts"

/**
 * A JSON text as what a schema makes of it.
 *
 * @param at the file, and what to do where it is not of the schema
 * @throws InputError naming the file and the field
 */
export const decodeJson = <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
  text: string,
  at: { readonly source: string; readonly remedy: string }
): S["Type"] => Result.getOrThrow(decoder(schema)(jsonOf(text, at), at))
