import { Effect } from "effect"
import type { LedgerShape } from "./Ledger.ts"
import { LedgerError } from "./LedgerError.ts"
import type { Query, SqlDriver } from "./SqlDriver.ts"
import { attemptMethods } from "./sqlAttempts.ts"
import { batchMethods } from "./sqlBatches.ts"
import { jobMethods } from "./sqlJobs.ts"
import { partMethods } from "./sqlParts.ts"
import { queueMethods } from "./sqlQueue.ts"
import { storing } from "./storable.ts"
import { TABLES, TABLES_VERSION } from "./tables.ts"

/** The ledger over any SQL driver: the tables are created, or checked to be of this version. */
export const sqlLedger = Effect.fnUntraced(function* (database: SqlDriver): Effect.fn.Return<LedgerShape, LedgerError> {
  const driver: SqlDriver = {
    ...database,
    query: storing(database.query),
    transaction: (body) => database.transaction((query) => body(storing(query)))
  }
  const found = yield* Effect.orElseSucceed(driver.query(VERSIONS), () => [])
  const versions = found.length > 0 ? found : yield* driver.transaction((query) => createTables(query, driver))
  const other = versions.map((row) => Number(row.version)).find((version) => version !== TABLES_VERSION)
  if (other !== undefined) {
    return yield* new LedgerError({
      ledger: driver.name,
      operation: "open",
      detail: `it was written by another version (tables ${other}, need ${TABLES_VERSION}): use a new ledger`
    })
  }
  return {
    name: driver.name,
    lock: driver.lock,
    ...(driver.client === undefined ? {} : { client: driver.client }),
    ...partMethods(driver),
    ...queueMethods(driver),
    ...attemptMethods(driver),
    ...batchMethods(driver),
    ...jobMethods(driver)
  }
})

const VERSIONS = "select version from nuner_version"

/** Only where they are missing: even `create index if not exists` makes all writers wait. */
const createTables = Effect.fnUntraced(function* (query: Query, { lockTables }: SqlDriver) {
  if (lockTables !== undefined) yield* query(lockTables)
  for (const table of TABLES) yield* query(table)
  yield* query("insert into nuner_version (version) values ($1) on conflict do nothing", [TABLES_VERSION])
  return yield* query(VERSIONS)
})
