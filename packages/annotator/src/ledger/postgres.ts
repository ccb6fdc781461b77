import { withoutSecrets } from "@nuner/core"
import { Cause, Effect, Layer, Redacted, Schedule } from "effect"
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
      const text = [reason.message ?? reason._tag, cause].filter((part) => part !== "").join(": ")
      const detail = POOLED.test(text) ? NO_POOL : hidden(text.replaceAll(url, name))
      return new LedgerError({
        ledger: name,
        operation,
        detail,
        code: LOST.test(text) ? "ConnectionError" : reason._tag
      })
    }
  // Only those who use Postgres load its client.
  const { PgClient } = yield* Effect.promise(() => import("@effect/sql-pg"))
  const client = yield* PgClient.make({
    url: Redacted.make(url),
    maxConnections: CONNECTIONS,
    connectTimeout: "5 seconds",
    startupParameters: { idle_in_transaction_session_timeout: String(STALLED_MS) }
  }).pipe(Effect.provide(Reactivity.layer), Effect.mapError(failed("connect")))
  const once: Query = (text, values = []) =>
    client.unsafe<SqlRow>(text, values).pipe(Effect.mapError(failed(text.trim().split(/\s+/).slice(0, 3).join(" "))))
  yield* refusePool(client).pipe(
    Effect.mapError((error) =>
      isSqlError(error)
        ? failed("connect")(error)
        : new LedgerError({ ledger: name, operation: "connect", detail: NO_POOL })
    ),
    Effect.scoped,
    Effect.retry({ while: isLost, schedule: absentSchedule }),
    Effect.mapError((error) =>
      isLost(error) ? new LedgerError({ ...error, detail: `${error.detail}: ${ABSENT}` }) : error
    )
  )
  const driver: SqlDriver = {
    name,
    shared: true,
    clock: "cast(extract(epoch from clock_timestamp()) * 1000 as double precision)",
    skipLocked: "for update skip locked",
    forUpdate: "for update",
    // Any number, as long as all nuner processes lock the same.
    lockTables: "select pg_advisory_xact_lock(7885786982)",
    lock: (queue) =>
      sessionLock(client, `nuner plans ${queue}`).pipe(
        Effect.mapError(failed("lock")),
        Effect.retry({ while: isLost, schedule: lostSchedule })
      ),
    query: (text, values) => Effect.retry(once(text, values), { while: isLost, schedule: lostSchedule }),
    transaction: (body) =>
      client.withTransaction(body(once)).pipe(
        Effect.mapError((error) => (isSqlError(error) ? failed("transaction")(error) : error)),
        Effect.catchCause(lostAlone),
        Effect.retry({ while: isConflict, schedule: conflictSchedule }),
        Effect.retry({ while: isLost, schedule: lostSchedule }),
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

/** The server ended the connection, or cannot be reached: a restart, a failover, an administrator. */
const LOST =
  /terminating connection|connection (?:was |is |has been )?(?:closed|ended|terminated|lost|reset)|socket|ECONNRE|shutting down|starting up/i
const isLost = (error: unknown): boolean => error instanceof LedgerError && error.code === "ConnectionError"

/** Where a connection is lost the rollback fails too, as a defect: the loss alone counts. */
const lostAlone = <E>(cause: Cause.Cause<E>): Effect.Effect<never, E> => {
  const first = Cause.squash(cause)
  return isLost(first) ? Effect.fail(first as E) : Effect.failCause(cause)
}

/** What is asked again after a lost connection says the same twice; `reclaim` finds what was claimed without our hearing of it. */
const lostSchedule = Schedule.exponential("100 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 8 }))

/** A server that is about to start, or an address at which there is none. */
const absentSchedule = Schedule.exponential("100 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 3 }))
const ABSENT = "is Postgres running there, and may this machine reach it? Nothing was asked; run it again then"

/** PgBouncer's word where it does not know a setting of the session. */
const POOLED = /unsupported startup parameter/i
const NO_POOL =
  "its connections are pooled by transaction (PgBouncer), and the locks of a job need sessions of their own: give the address of Postgres itself, or pool by session"

/** Two connections that are one and the same at the server are lent out by a pool between statements. Fails with null for such. */
const refusePool = Effect.fnUntraced(function* (client: SqlClient.SqlClient) {
  const [one, two] = [yield* client.reserve, yield* client.reserve]
  const backend = (connection: typeof one) => connection.executeValues("select pg_backend_pid()", [])
  const [[a], [b]] = [yield* backend(one), yield* backend(two)]
  if (a?.[0] === b?.[0]) return yield* Effect.fail(null)
})

const conflictSchedule = Schedule.exponential("5 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 8 }))

/** Empty for none, and for an address that is none. */
const passwordOf = (url: string): string => {
  try {
    return decodeURIComponent(new URL(url).password)
  } catch {
    return ""
  }
}
