import { Database, type Statement } from "bun:sqlite"
import { Effect, Layer, Semaphore } from "effect"
import { Ledger } from "./Ledger.ts"
import { LedgerError } from "./LedgerError.ts"
import type { Query, SqlDriver, SqlRow, SqlValue } from "./SqlDriver.ts"
import { sqlLedger } from "./sqlLedger.ts"

/**
 * A ledger in one SQLite file; `:memory:` forgets at the end. WAL: what was committed survives the death of the process;
 * a power cut can lose the last moments (`durable: true` writes through to the disk at every step, at some speed).
 */
export const layerSqlite = (
  path: string,
  options: { readonly durable?: boolean } = {}
): Layer.Layer<Ledger, LedgerError> =>
  Layer.effect(Ledger, Effect.flatMap(sqliteDriver(path, options.durable ?? false), sqlLedger))

export const sqliteDriver = Effect.fnUntraced(function* (path: string, durable: boolean) {
  const failed = (operation: string) => (cause: unknown) =>
    new LedgerError({ ledger: path, operation, detail: cause instanceof Error ? cause.message : String(cause) })
  const database = yield* Effect.acquireRelease(
    Effect.try({
      try: () => {
        const opened = new Database(path, { create: true, strict: false })
        opened.run("pragma busy_timeout = 10000")
        opened.run("pragma journal_mode = wal")
        opened.run(`pragma synchronous = ${durable ? "full" : "normal"}`)
        return opened
      },
      catch: failed("open")
    }),
    (opened) => Effect.sync(() => opened.close(false))
  )
  const statements = new Map<string, Statement<SqlRow, Array<SqlValue>>>()
  const run: Query = (text, values = []) =>
    Effect.try({
      try: () => {
        let statement = statements.get(text)
        if (statement === undefined) {
          statement = database.query<SqlRow, Array<SqlValue>>(text.replace(/\$(\d+)/g, "?$1"))
          statements.set(text, statement)
        }
        return statement.all(...values)
      },
      catch: failed(text.trim().split(/\s+/).slice(0, 3).join(" "))
    })
  // One connection: a statement of another fiber must not slip into an open transaction.
  const gate = yield* Semaphore.make(1)
  const driver: SqlDriver = {
    name: path,
    skipLocked: "",
    forUpdate: "",
    query: (text, values) => gate.withPermit(run(text, values)),
    transaction: (body) =>
      gate.withPermit(
        Effect.uninterruptible(
          Effect.gen(function* () {
            yield* run("begin immediate")
            const result = yield* body(run).pipe(Effect.tapCause(() => Effect.ignore(run("rollback"))))
            yield* run("commit")
            return result
          })
        )
      )
  }
  return driver
})
