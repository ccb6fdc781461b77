import { Effect } from "effect"
import type { LedgerError } from "./LedgerError.ts"
import type { Query } from "./SqlDriver.ts"

/**
 * What turns tables of a version into those of the next: paid answers are carried from one to the other, whatever else changes. Run in one
 * transaction, before missing tables are made.
 */
export const MIGRATIONS: Readonly<Record<number, (query: Query, shared: boolean) => Effect.Effect<void, LedgerError>>> =
  {
    // Plans are written anew by every run.
    1: Effect.fnUntraced(function* (query: Query) {
      yield* query("alter table nuner_request add column part bigint not null default 0")
      yield* query("alter table nuner_attempt add column expires_at bigint")
      yield* query("drop index if exists nuner_attempt_open")
      for (const table of ["nuner_job", "nuner_item", "nuner_worker"]) yield* query(`drop table if exists ${table}`)
    }),
    // Workers have leases and take any request, where parts of a job were dealt out by a cluster with tables of its own.
    2: Effect.fnUntraced(function* (query: Query, shared: boolean) {
      yield* query("alter table nuner_request drop column part")
      yield* query("alter table nuner_attempt drop column expires_at")
      if (!shared) return
      for (const { tablename } of yield* query(
        "select tablename from pg_tables where schemaname = current_schema() and tablename ~ '^nuner_[0-9a-f]{8}_'"
      )) {
        yield* query(`drop table if exists "${tablename}" cascade`)
      }
    })
  }
