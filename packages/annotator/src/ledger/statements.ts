import type { SqlRow } from "./SqlDriver.ts"

/** Rows in one statement: SQLite and Postgres both allow many more parameters than that takes. */
const ROWS_PER_STATEMENT = 200

export const chunked = <A>(items: ReadonlyArray<A>): Array<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(items.length / ROWS_PER_STATEMENT) }, (_, i) =>
    items.slice(i * ROWS_PER_STATEMENT, (i + 1) * ROWS_PER_STATEMENT)
  )

/** `($1, $2), ($3, $4), ...` @param first number of the first parameter */
export const placeholders = (rows: number, columns: number, first = 1): string =>
  Array.from(
    { length: rows },
    (_, row) => `(${Array.from({ length: columns }, (_, column) => `$${row * columns + column + first}`).join(", ")})`
  ).join(", ")

export const textOf = (value: SqlRow[string] | undefined): string | null =>
  value === null || value === undefined ? null : String(value)

export const numberOf = (value: SqlRow[string] | undefined): number | null =>
  value === null || value === undefined ? null : Number(value)
