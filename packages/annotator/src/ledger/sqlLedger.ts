import { Effect } from "effect"
import type { LedgerShape } from "./Ledger.ts"
import { LedgerError } from "./LedgerError.ts"
import { MIGRATIONS } from "./migrations.ts"
import type { Query, SqlDriver } from "./SqlDriver.ts"
import { attemptMethods } from "./sqlAttempts.ts"
import { batchMethods } from "./sqlBatches.ts"
import { jobMethods } from "./sqlJobs.ts"
import { queueMethods } from "./sqlQueue.ts"
import { workerMethods } from "./sqlWorkers.ts"
import { storing } from "./storable.ts"
import { TABLES, TABLES_VERSION } from "./tables.ts"

/** The ledger over any SQL driver: the tables are created, or brought up to this version with every paid answer. */
export const sqlLedger = Effect.fnUntraced(function* (database: SqlDriver): Effect.fn.Return<LedgerShape, LedgerError> {
  const driver: SqlDriver = {
    ...database,
    query: storing(database.query),
    transaction: (body) => database.transaction((query) => body(storing(query)))
  }
  const found = yield* Effect.orElseSucceed(driver.query(VERSIONS), () => [])
  const upToDate = found.some(({ version }) => Number(version) === TABLES_VERSION)
  if (!upToDate) yield* driver.transaction((query) => makeTables(query, driver))
  return {
    name: driver.name,
    shared: driver.shared,
    lock: driver.lock,
    ...workerMethods(driver),
    ...queueMethods(driver),
    ...attemptMethods(driver),
    ...batchMethods(driver),
    ...jobMethods(driver)
  }
})

const VERSIONS = "select version from nuner_version"

/**
 * Makes the tables, or brings those of an earlier version up to date. Only where that is needed: even `create index if not exists` makes all
 * writers wait.
 */
const makeTables = Effect.fnUntraced(function* (query: Query, { lockTables, name, shared }: SqlDriver) {
  if (lockTables !== undefined) yield* query(lockTables)
  yield* query("create table if not exists nuner_version (version bigint primary key)")
  const found = (yield* query(VERSIONS)).map(({ version }) => Number(version))
  const version = found.length === 0 ? TABLES_VERSION : Math.max(...found)
  if (version > TABLES_VERSION) {
    const detail = `it was written by a newer nuner (tables ${version}, this one knows ${TABLES_VERSION}): update nuner`
    return yield* new LedgerError({ ledger: name, operation: "open", detail })
  }
  for (let from = version; from < TABLES_VERSION; from++) yield* MIGRATIONS[from]?.(query, shared) ?? Effect.void
  for (const table of TABLES) yield* query(table)
  yield* query("delete from nuner_version where version <> $1", [TABLES_VERSION])
  yield* query("insert into nuner_version (version) values ($1) on conflict do nothing", [TABLES_VERSION])
})
