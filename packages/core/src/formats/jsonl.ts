import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { InputError } from "../errors.ts"
import { decoder } from "../schema/decoder.ts"
import { lines } from "./lines.ts"
import { type Malformed, report } from "./Malformed.ts"
import { type Source, sourceName } from "./Source.ts"

/** A decoded record and the line it stood on. */
export interface Row<A> {
  readonly value: A
  /** 1-based. */
  readonly line: number
}

/**
 * JSON Lines: one JSON value a line, each decoded by `schema`; blank lines are passed over, fields that the schema does not
 * know are left out.
 *
 * @throws InputError that names line and field, unless `onMalformed` takes it.
 */
export async function* readJsonl<S extends Schema.ConstraintDecoder<unknown>>(
  source: Source,
  schema: S,
  options: Malformed = {}
): AsyncGenerator<S["Type"]> {
  for await (const row of jsonlRows(source, schema, options)) yield row.value
}

/** As `readJsonl`, with line numbers: for readers that have more to check. */
export async function* jsonlRows<S extends Schema.ConstraintDecoder<unknown>>(
  source: Source,
  schema: S,
  options: Malformed = {}
): AsyncGenerator<Row<S["Type"]>> {
  const name = sourceName(source)
  const decode = decoder(schema)
  for await (const { text, number } of lines(source, options)) {
    if (/^\s*$/.test(text)) continue
    const value = parseJson(text)
    if (value === undefined) {
      report(
        options,
        new InputError({
          source: name,
          line: number,
          reason: `not JSON: ${excerpt(text)}`,
          remedy: "one JSON value a line"
        })
      )
      continue
    }
    const decoded = decode(value, { source: name, line: number })
    if (Result.isSuccess(decoded)) yield { value: decoded.success, line: number }
    else report(options, decoded.failure)
  }
}

/** `undefined` for what is not JSON. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The start of a text, for an error message. */
export const excerpt = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
