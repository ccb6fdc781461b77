import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { InputError } from "../errors.ts"
import { decoder } from "./decoder.ts"

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
): S["Type"] => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new InputError({ ...at, reason: "not JSON: the file is damaged" })
  }
  return Result.getOrThrow(decoder(schema)(json, at))
}
