import { Effect } from "effect"
import type { Query, SqlRow, SqlValue } from "./SqlDriver.ts"

/** A private character that begins what a database's text cannot hold; followed by four hexadecimal digits. */
const ESCAPE = "\u{10fffd}"
const UNSTORABLE = /[\0\u{10fffd}]|\p{Surrogate}/gu
const ESCAPED = /\u{10fffd}([0-9a-f]{4})/gu

/** Text without NUL and lone surrogates: Postgres refuses the one, UTF-8 has no bytes for the other. */
const storable = (text: string): string =>
  text.replace(UNSTORABLE, (unit) =>
    unit === ESCAPE ? `${ESCAPE}ffff` : ESCAPE + unit.charCodeAt(0).toString(16).padStart(4, "0")
  )

/** The text that `storable` was given. */
const restored = (text: string): string =>
  text.replace(ESCAPED, (_, unit: string) =>
    unit === "ffff" ? ESCAPE : String.fromCharCode(Number.parseInt(unit, 16))
  )

/** A query whose texts may hold anything. */
export const storing =
  (query: Query): Query =>
  (text, values = []) =>
    query(text, values.map(written)).pipe(Effect.map((rows) => rows.map(read)))

const written = (value: SqlValue): SqlValue => (typeof value === "string" ? storable(value) : value)

const read = (row: SqlRow): SqlRow =>
  Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, typeof value === "string" ? restored(value) : value])
  )
