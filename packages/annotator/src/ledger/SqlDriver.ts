import type { Effect } from "effect"
import type { LedgerError } from "./LedgerError.ts"

export type SqlValue = string | number | null
export type SqlRow = Readonly<Record<string, SqlValue | bigint>>

/** Runs one statement with parameters `$1`, `$2`, ... */
export type Query = (
  text: string,
  values?: ReadonlyArray<SqlValue>
) => Effect.Effect<ReadonlyArray<SqlRow>, LedgerError>

/** What the ledger needs of a database. SQLite and Postgres understand the same statements, save for `skipLocked`. */
export interface SqlDriver {
  readonly name: string
  readonly query: Query
  /** Commits if the body succeeds, else rolls back. */
  readonly transaction: <A, E>(body: (query: Query) => Effect.Effect<A, E>) => Effect.Effect<A, E | LedgerError>
  /** Appended to a subquery that picks rows to update. */
  readonly skipLocked: string
  /** Run before the tables are created, where two processes could create them at the same time. */
  readonly lockTables?: string
}
