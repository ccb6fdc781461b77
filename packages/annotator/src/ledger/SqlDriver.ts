import type { Effect, Scope } from "effect"
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
  /** Commits if the body succeeds, else rolls back. May run the body again, if the database had to break a deadlock. */
  readonly transaction: <A, E>(body: (query: Query) => Effect.Effect<A, E>) => Effect.Effect<A, E | LedgerError>
  /** Appended to a subquery that picks rows to update, and leaves out what others are at. */
  readonly skipLocked: string
  /** Appended to a select that locks what it reads. Locks are taken in the order requests, attempts, account. */
  readonly forUpdate: string
  /** Whether several processes may work on this database at a time. */
  readonly shared: boolean
  /** Its clock, in SQL: epoch milliseconds. */
  readonly clock: string
  /** Takes the right to plan this queue, until the scope ends or the process dies. False if another process has it. */
  readonly lock: (queue: string) => Effect.Effect<boolean, LedgerError, Scope.Scope>
  /** Run before the tables are created, where two processes could create them at the same time. */
  readonly lockTables?: string
}
