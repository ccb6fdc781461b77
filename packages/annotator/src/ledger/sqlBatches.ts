import { Effect } from "effect"
import type { Outcome } from "./Attempts.ts"
import type { Batches, BatchMember, BatchState } from "./Batches.ts"
import type { Query, SqlDriver } from "./SqlDriver.ts"
import { applyOutcome, charge, endAttempt, reserve } from "./sqlAttempts.ts"
import { chunked, placeholders, textOf } from "./statements.ts"

export const batchMethods = (driver: SqlDriver): Batches => ({
  openBatch: ({ id, provider, job, owner, requests, maxCost, now }) =>
    driver.transaction((query) =>
      Effect.gen(function* () {
        const { budget, taken } = yield* affordable(query, job, requests, maxCost)
        for (const part of chunked(requests.slice(0, taken))) {
          yield* moveIntoBatch(query, { id, job, owner, now }, part)
        }
        if (taken > 0) {
          yield* query(
            `insert into nuner_batch (id, provider, job, state, requests, created_at, updated_at)
             values ($1, $2, $3, 'submitting', $4, $5, $5)`,
            [id, provider, job, taken, now]
          )
        }
        return { taken, budget }
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

  openBatches: (provider, job) =>
    driver
      .query(
        `select id, remote_id, state, requests, created_at from nuner_batch
         where provider = $1 and job = $2 and state in ('submitting', 'running') order by created_at, id`,
        [provider, job]
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

  settleBatch: (id, rows, maxAttempts, now) =>
    driver.transaction((query) =>
      Effect.gen(function* () {
        const settled: Array<string> = []
        yield* query(
          `select address from nuner_request where batch = $1 and state = 'in batch'
           and batch_key in ${placeholders(1, rows.length, 2)} order by address ${driver.forUpdate}`,
          [id, ...rows.map(({ key }) => key)]
        )
        for (const { key, outcome } of rows) {
          const found = yield* query(
            "select address, attempts from nuner_request where batch = $1 and batch_key = $2 and state = 'in batch'",
            [id, key]
          )
          if (found[0] === undefined) continue
          const address = String(found[0].address)
          const attempts = Number(found[0].attempts)
          const spent = outcome.state === "planned" && attempts >= maxAttempts
          const final: Outcome = spent ? { ...outcome, state: "failed" } : outcome
          yield* endAttempt(query, address, attempts, final, now)
          yield* applyOutcome(query, address, final, now, id)
          settled.push(key)
        }
        return settled
      })
    ),

  batchRest: (id, limit) =>
    driver
      .query(
        "select batch_key from nuner_request where batch = $1 and state = 'in batch' order by batch_key limit $2",
        [id, limit]
      )
      .pipe(Effect.map((rows) => rows.map((row) => String(row.batch_key))))
})

/** How many of the requests, from the first, the budget holds; their estimates are reserved. */
const affordable = Effect.fnUntraced(function* (
  query: Query,
  job: string,
  requests: ReadonlyArray<BatchMember>,
  maxCost: number | null
) {
  const total = requests.reduce((sum, { estimate }) => sum + estimate, 0)
  if ((yield* reserve(query, job, total, maxCost)) === "Reserved")
    return { taken: requests.length, budget: "enough" as const }
  for (const [taken, { estimate }] of requests.entries()) {
    const reserved = yield* reserve(query, job, estimate, maxCost)
    if (reserved !== "Reserved") return { taken, budget: reserved === "Wait" ? ("wait" as const) : ("over" as const) }
  }
  return { taken: requests.length, budget: "enough" as const }
})

const moveIntoBatch = Effect.fnUntraced(function* (
  query: Query,
  { id, job, now, owner }: { id: string; job: string; owner: string; now: number },
  part: ReadonlyArray<BatchMember>
) {
  const values = placeholders(part.length, 2, 3)
  const moved = yield* query(
    `with member (address, key) as (values ${values})
     update nuner_request set state = 'in batch', owner = null, batch = $1, attempts = attempts + 1, updated_at = ${now},
       batch_key = (select key from member where member.address = nuner_request.address)
     where owner = $2 and state = 'planned' and address in (select address from member) returning address, attempts`,
    [id, owner, ...part.flatMap(({ address, key }) => [address, key])]
  )
  const attempts = new Map(moved.map((row) => [String(row.address), Number(row.attempts)]))
  const rows = part.filter(({ address }) => attempts.has(address))
  const gone = part.filter(({ address }) => !attempts.has(address)).reduce((sum, { estimate }) => sum + estimate, 0)
  if (gone > 0) yield* charge(query, job, 0, gone)
  if (rows.length === 0) return
  yield* query(
    `insert into nuner_attempt (address, number, owner, job, batch, reserved, started_at) values ${placeholders(rows.length, 7)}`,
    rows.flatMap(({ address, estimate }) => [address, attempts.get(address) ?? 0, owner, job, id, estimate, now])
  )
})
