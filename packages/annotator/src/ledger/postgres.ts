import { SQL } from "bun"
import { Effect, Exit, Layer, Schedule } from "effect"
import { Ledger } from "./Ledger.ts"
import { LedgerError } from "./LedgerError.ts"
import type { Query, SqlDriver, SqlRow } from "./SqlDriver.ts"
import { sqlLedger } from "./sqlLedger.ts"

const CONNECTIONS = 10

/**
 * A ledger in a Postgres database, shared by as many processes and machines as reach it. Tables are named `nuner_...` and
 * made at the first use. A unix socket goes as in libpq: `postgres://user@localhost/database?host=/var/run/postgresql`.
 */
export const layerPostgres = (url: string): Layer.Layer<Ledger, LedgerError> =>
  Layer.effect(Ledger, Effect.flatMap(postgresDriver(url), sqlLedger))

export const postgresDriver = Effect.fnUntraced(function* (url: string) {
  const name = withoutPassword(url)
  const failed = (operation: string) => (cause: unknown) => {
    const detail = (cause instanceof Error ? cause.message : String(cause)).replaceAll(url, name)
    const code = cause instanceof SQL.PostgresError ? cause.errno : undefined
    return new LedgerError({ ledger: name, operation, detail, ...(code === undefined ? {} : { code }) })
  }
  const sql = yield* Effect.acquireRelease(
    Effect.try({ try: () => new SQL({ ...placeOf(url), max: CONNECTIONS }), catch: failed("open") }),
    (opened) => Effect.promise(() => opened.close({ timeout: 5 }))
  )
  const queryOn =
    (connection: SQL): Query =>
    (text, values = []) =>
      Effect.tryPromise({
        try: async () => [...(await connection.unsafe<ReadonlyArray<SqlRow>>(text, [...values]))],
        catch: failed(text.trim().split(/\s+/).slice(0, 3).join(" "))
      })
  const driver: SqlDriver = {
    name,
    skipLocked: "for update skip locked",
    forUpdate: "for update",
    // Any number, as long as all nuner processes lock the same.
    lockTables: "select pg_advisory_xact_lock(7885786982)",
    query: queryOn(sql),
    transaction: (body) =>
      Effect.acquireUseRelease(
        Effect.tryPromise({ try: () => sql.reserve(), catch: failed("connect") }),
        (connection) => {
          const query = queryOn(connection)
          return Effect.uninterruptible(
            Effect.gen(function* () {
              yield* query("begin")
              const exit = yield* Effect.exit(body(query))
              yield* Exit.isSuccess(exit) ? query("commit") : Effect.ignore(query("rollback"))
              return yield* exit
            })
          )
        },
        (connection) => Effect.sync(() => connection.release())
      ).pipe(Effect.retry({ while: isConflict, schedule: conflictSchedule }))
  }
  return driver
})

/** Two transactions stood in each other's way, and the database gave up this one: nothing of it happened. */
const isConflict = (error: unknown): boolean =>
  error instanceof LedgerError && (error.code === "40P01" || error.code === "40001")

const conflictSchedule = Schedule.exponential("5 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 8 }))

/** Bun's client wants a unix socket as a path of its own. */
const placeOf = (url: string): SQL.Options => {
  const { hostname, password, pathname, port, searchParams, username } = new URL(url)
  const host = searchParams.get("host")
  if (host === null || !host.startsWith("/")) return { url }
  return {
    adapter: "postgres",
    path: `${host}/.s.PGSQL.${port === "" ? 5432 : port}`,
    hostname,
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1))
  }
}

/** For messages. */
const withoutPassword = (url: string): string => {
  try {
    const shown = new URL(url)
    shown.password = ""
    return shown.href
  } catch {
    return "postgres"
  }
}
