import { withoutSecrets } from "@nuner/core"
import { Effect, Layer, Redacted, Schedule } from "effect"
import { Reactivity } from "effect/reactivity"
import type { SqlClient } from "effect/sql"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { Ledger } from "./Ledger.ts"
import { LedgerError } from "./LedgerError.ts"
import type { Query, SqlDriver, SqlRow } from "./SqlDriver.ts"
import { sqlLedger } from "./sqlLedger.ts"

const CONNECTIONS = 10
/** A transaction whose process is frozen must not hold up the others: all of them write the account. */
const STALLED_MS = 5000

/**
 * A ledger in a Postgres database, shared by as many processes and machines as reach it. Tables are named `nuner_...` and
 * made at the first use. A unix socket goes as in libpq: `postgres://user@localhost/database?host=/var/run/postgresql`.
 */
export const layerPostgres = (url: string): Layer.Layer<Ledger, LedgerError> =>
  Layer.effect(Ledger, Effect.flatMap(postgresDriver(url), sqlLedger))

const postgresDriver = Effect.fnUntraced(function* (url: string) {
  const name = withoutSecrets(url)
  const password = passwordOf(url)
  const hidden = (text: string) => withoutSecrets(password === "" ? text : text.replaceAll(password, "***"))
  const failed =
    (operation: string) =>
    ({ reason }: SqlError) => {
      const cause = reason.cause instanceof Error ? reason.cause.message : ""
      const detail = [reason.message ?? reason._tag, cause].filter((part) => part !== "").join(": ")
      return new LedgerError({
        ledger: name,
        operation,
        detail: hidden(detail.replaceAll(url, name)),
        code: reason._tag
      })
    }
  // Only those who use Postgres load its client.
  const { PgClient } = yield* Effect.promise(() => import("@effect/sql-pg"))
  const client = yield* PgClient.make({
    url: Redacted.make(url),
    maxConnections: CONNECTIONS,
    startupParameters: { idle_in_transaction_session_timeout: String(STALLED_MS) }
  }).pipe(Effect.provide(Reactivity.layer), Effect.mapError(failed("connect")))
  const query: Query = (text, values = []) =>
    client.unsafe<SqlRow>(text, values).pipe(Effect.mapError(failed(text.trim().split(/\s+/).slice(0, 3).join(" "))))
  const driver: SqlDriver = {
    name,
    client,
    exclusive: false,
    skipLocked: "for update skip locked",
    forUpdate: "for update",
    // Any number, as long as all nuner processes lock the same.
    lockTables: "select pg_advisory_xact_lock(7885786982)",
    lock: (queue) => sessionLock(client, `nuner plans ${queue}`).pipe(Effect.mapError(failed("lock"))),
    query,
    transaction: (body) =>
      client.withTransaction(body(query)).pipe(
        Effect.mapError((error) => (isSqlError(error) ? failed("transaction")(error) : error)),
        Effect.retry({ while: isConflict, schedule: conflictSchedule }),
        Effect.uninterruptible
      )
  }
  return driver
})

/** Held by a connection of its own: Postgres frees it when that ends, with the process or before. */
const sessionLock = Effect.fnUntraced(function* (client: SqlClient.SqlClient, name: string) {
  const connection = yield* client.reserve
  const ask = (statement: string) => connection.executeValues(`select ${statement}(hashtextextended($1, 0))`, [name])
  const [row] = yield* ask("pg_try_advisory_lock")
  const locked = row?.[0] === true
  if (locked) yield* Effect.addFinalizer(() => Effect.ignore(ask("pg_advisory_unlock")))
  return locked
})

/** Two transactions stood in each other's way, and the database gave up this one: nothing of it happened. */
const isConflict = (error: unknown): boolean =>
  error instanceof LedgerError && (error.code === "DeadlockError" || error.code === "SerializationError")

const conflictSchedule = Schedule.exponential("5 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 8 }))

/** Empty for none, and for an address that is none. */
const passwordOf = (url: string): string => {
  try {
    return decodeURIComponent(new URL(url).password)
  } catch {
    return ""
  }
}
