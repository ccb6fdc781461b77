import { Effect } from "effect"
import type { LedgerShape } from "./Ledger.ts"
import { LedgerError } from "./LedgerError.ts"
import type { SqlDriver } from "./SqlDriver.ts"
import { attemptMethods } from "./sqlAttempts.ts"
import { batchMethods } from "./sqlBatches.ts"
import { queueMethods } from "./sqlQueue.ts"
import { workerMethods } from "./sqlWorkers.ts"
import { TABLES, TABLES_VERSION } from "./tables.ts"

/** The ledger over any SQL driver: the tables are created, or checked to be of this version. */
export const sqlLedger = Effect.fnUntraced(function* (driver: SqlDriver): Effect.fn.Return<LedgerShape, LedgerError> {
  yield* driver.transaction((query) =>
    Effect.gen(function* () {
      if (driver.lockTables !== undefined) yield* query(driver.lockTables)
      for (const table of TABLES) yield* query(table)
      yield* query("insert into nuner_version (version) values ($1) on conflict do nothing", [TABLES_VERSION])
      const versions = yield* query("select version from nuner_version")
      if (versions.length !== 1) {
        const found = versions.map((row) => Number(row.version)).find((version) => version !== TABLES_VERSION)
        return yield* new LedgerError({
          ledger: driver.name,
          operation: "open",
          detail: `it was written by another version (tables ${found}, need ${TABLES_VERSION}): use a new ledger`
        })
      }
    })
  )
  return {
    name: driver.name,
    ...workerMethods(driver),
    ...queueMethods(driver),
    ...attemptMethods(driver),
    ...batchMethods(driver)
  }
})
