import { Effect } from "effect"
import type { LedgerError } from "./LedgerError.ts"
import { partOf } from "./partOf.ts"
import type { Query } from "./SqlDriver.ts"
import { chunked, placeholders } from "./statements.ts"

/**
 * What turns tables of a version into those of the next: paid answers are carried from one to the other, whatever else changes. Run in one
 * transaction, before missing tables are made.
 */
export const MIGRATIONS: Readonly<Record<number, (query: Query) => Effect.Effect<void, LedgerError>>> = {
  // Requests fall into parts instead of being leased; attempts say until when they are waited for. Plans are written anew by every run.
  1: Effect.fnUntraced(function* (query: Query) {
    yield* query("alter table nuner_request add column part bigint not null default 0")
    yield* query("alter table nuner_attempt add column expires_at bigint")
    yield* query("update nuner_attempt set expires_at = started_at where outcome is null and batch is null")
    const rows = yield* query("select address from nuner_request")
    for (const addresses of chunked(rows.map((row) => String(row.address)))) {
      yield* query(
        `with place (address, part) as (values ${placeholders(addresses.length, 2)})
         update nuner_request set part = (select cast(part as bigint) from place where place.address = nuner_request.address)
         where address in (select address from place)`,
        addresses.flatMap((address) => [address, partOf(address)])
      )
    }
    yield* query("drop index if exists nuner_attempt_open")
    for (const table of ["nuner_job", "nuner_item", "nuner_worker"]) yield* query(`drop table if exists ${table}`)
  })
}
