import type { Statement } from "bun:sqlite"
import { lockFile, messageOf } from "@nuner/core"
import { Effect, Exit, Layer } from "effect"
import { Ledger } from "./Ledger.ts"
import { LedgerError } from "./LedgerError.ts"
import type { Query, SqlDriver, SqlRow, SqlValue } from "./SqlDriver.ts"
import { sqlLedger } from "./sqlLedger.ts"

/**
 * A ledger in one SQLite file, for one process at a time; `:memory:` forgets at the end. WAL: what was committed survives the death of the process;
 * a power cut can lose the last moments (`durable: true` writes through to the disk at every step, at some speed).
 */
export const layerSqlite = (
  path: string,
  options: { readonly durable?: boolean } = {}
): Layer.Layer<Ledger, LedgerError> =>
  Layer.effect(Ledger, Effect.flatMap(sqliteDriver(path, options.durable ?? false), sqlLedger))

const sqliteDriver = Effect.fnUntraced(function* (path: string, durable: boolean) {
  const failed = (operation: string) => (cause: unknown) =>
    new LedgerError({ ledger: path, operation, detail: messageOf(cause) })
  const database = yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        const { Database } = await import("bun:sqlite")
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
  const driver: SqlDriver = {
    name: path,
    shared: false,
    clock: "(unixepoch('subsec') * 1000)",
    lock: () =>
      path === ":memory:"
        ? Effect.succeed(true)
        : Effect.acquireRelease(
            Effect.tryPromise({ try: () => lockFile(`${path}.lock`), catch: failed("lock") }),
            (unlock) => Effect.sync(() => unlock?.())
          ).pipe(Effect.map((unlock) => unlock !== undefined)),
    skipLocked: "",
    forUpdate: "",
    query: run,
    // In one go: if other fibers had their turn in between, their statements would be part of it, and a second connection
    // of this process would wait for it in vain.
    transaction: (body) =>
      Effect.suspend(() =>
        Effect.runSyncExit(
          Effect.gen(function* () {
            yield* run("begin immediate")
            const exit = yield* Effect.exit(body(run))
            yield* Exit.isSuccess(exit) ? run("commit") : Effect.ignore(run("rollback"))
            return yield* exit
          })
        )
      )
  }
  return driver
})
