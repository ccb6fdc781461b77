import { Effect } from "effect"
import type { BatchState, LedgerShape } from "./Ledger.ts"
import type { SqlDriver } from "./SqlDriver.ts"
import { applyOutcome, charge, endAttempt, openAttempt, reserve } from "./sqlAttempts.ts"
import { textOf } from "./sqlQueue.ts"

type Methods = "openBatch" | "updateBatch" | "claimBatches" | "remoteBatches" | "settleBatch" | "batchRest"

/** Batches: requests that were given away together, and outlive the process that gave them. */
export const batchMethods = (driver: SqlDriver): Pick<LedgerShape, Methods> => ({
  openBatch: ({ id, provider, job, owner, requests, maxCost, now }) =>
    driver.transaction((query) =>
      Effect.gen(function* () {
        let taken = 0
        for (const { address, estimate, key } of requests) {
          const reserved = yield* reserve(query, job, estimate, maxCost)
          if (reserved !== "Reserved") break
          const moved = yield* query(
            `update nuner_request set state = 'in batch', owner = null, batch = $3, batch_key = $4,
               attempts = attempts + 1, updated_at = $5
             where address = $1 and owner = $2 and state = 'planned' returning attempts`,
            [address, owner, id, key, now]
          )
          if (moved[0] === undefined) {
            yield* charge(query, job, 0, estimate)
            continue
          }
          const attempt = Number(moved[0].attempts)
          yield* openAttempt(query, { address, attempt, owner, job, batch: id, estimate, now })
          taken++
        }
        if (taken > 0) {
          yield* query(
            `insert into nuner_batch (id, provider, job, owner, state, requests, created_at, updated_at)
             values ($1, $2, $3, $4, 'submitting', $5, $6, $6)`,
            [id, provider, job, owner, taken, now]
          )
        }
        return taken
      })
    ),

  updateBatch: (id, { state, remoteId, detail, now }) =>
    Effect.asVoid(
      driver.query(
        `update nuner_batch set state = $2, remote_id = coalesce($3, remote_id), detail = coalesce($4, detail), updated_at = $5
         where id = $1`,
        [id, state, remoteId ?? null, detail ?? null, now]
      )
    ),

  claimBatches: (provider, job, owner) =>
    driver
      .transaction((query) =>
        query(
          `update nuner_batch set owner = $3 where id in (
             select id from nuner_batch where provider = $1 and job = $2 and owner is null and state in ('submitting', 'running')
             ${driver.skipLocked})
           returning id, remote_id, state, requests, created_at`,
          [provider, job, owner]
        )
      )
      .pipe(
        Effect.map((rows) =>
          rows.map((row) => ({
            id: String(row.id),
            remoteId: textOf(row.remote_id),
            state: row.state as BatchState,
            requests: Number(row.requests),
            createdAt: Number(row.created_at)
          }))
        )
      ),

  remoteBatches: (provider) =>
    driver
      .query("select remote_id from nuner_batch where provider = $1 and remote_id is not null", [provider])
      .pipe(Effect.map((rows) => rows.map((row) => String(row.remote_id)))),

  settleBatch: (id, rows, now) =>
    driver.transaction((query) =>
      Effect.gen(function* () {
        const settled: Array<string> = []
        for (const { key, outcome } of rows) {
          const found = yield* query(
            "select address, attempts from nuner_request where batch = $1 and batch_key = $2 and state = 'in batch'",
            [id, key]
          )
          const request = found[0]
          if (request === undefined) continue
          const address = String(request.address)
          yield* endAttempt(query, address, Number(request.attempts), outcome, now)
          yield* applyOutcome(query, address, outcome, now, id)
          settled.push(address)
        }
        return settled
      })
    ),

  batchRest: (id, limit) =>
    driver
      .query(
        "select batch_key, address, attempts from nuner_request where batch = $1 and state = 'in batch' order by batch_key limit $2",
        [id, limit]
      )
      .pipe(
        Effect.map((rows) =>
          rows.map((row) => ({
            key: String(row.batch_key),
            address: String(row.address),
            attempts: Number(row.attempts)
          }))
        )
      )
})
