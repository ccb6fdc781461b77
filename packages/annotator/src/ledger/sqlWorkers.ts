import { Effect } from "effect"
import type { LedgerShape } from "./Ledger.ts"
import { isDeadNeighbour } from "./owner.ts"
import type { Query, SqlDriver } from "./SqlDriver.ts"
import { charge } from "./sqlAttempts.ts"

/** Who is alive, and what becomes of what the dead have left. */
export const workerMethods = (driver: SqlDriver): Pick<LedgerShape, "alive" | "reap" | "leave"> => ({
  alive: (owner, until) =>
    Effect.asVoid(
      driver.query(
        `insert into nuner_worker (owner, alive_until) values ($1, $2)
         on conflict (owner) do update set alive_until = excluded.alive_until`,
        [owner, until]
      )
    ),

  reap: Effect.fnUntraced(function* (now: number) {
    const workers = yield* driver.query("select owner, alive_until from nuner_worker")
    let dead = 0
    for (const worker of workers) {
      const owner = String(worker.owner)
      if (Number(worker.alive_until) >= now && !isDeadNeighbour(owner)) continue
      dead += yield* driver.transaction((query) => bury(query, owner, now, driver.forUpdate))
    }
    return dead
  }),

  leave: (owner) =>
    Effect.asVoid(
      driver.transaction((query) =>
        Effect.gen(function* () {
          yield* query("update nuner_request set owner = null where owner = $1 and state = 'planned'", [owner])
          yield* query("update nuner_batch set owner = null where owner = $1", [owner])
          yield* query("delete from nuner_item where queue = $1", [owner])
          yield* query("delete from nuner_worker where owner = $1", [owner])
        })
      )
    )
})

/** Only one of several mourners gets to do it: the one that deletes the worker's row. */
const bury = Effect.fnUntraced(function* (query: Query, owner: string, now: number, forUpdate: string) {
  const deleted = yield* query("delete from nuner_worker where owner = $1 returning owner", [owner])
  if (deleted.length === 0) return 0
  yield* query(`select address from nuner_request where owner = $1 order by address ${forUpdate}`, [owner])
  const lost = yield* query(
    `update nuner_attempt set outcome = 'lost', ended_at = $2, cost = reserved, assumed = 1
     where owner = $1 and outcome is null and batch is null returning job, reserved`,
    [owner, now]
  )
  yield* query(
    `update nuner_request set state = 'planned', owner = null, updated_at = $2
     where owner = $1 and state in ('planned', 'sent')`,
    [owner, now]
  )
  yield* query("update nuner_batch set owner = null where owner = $1", [owner])
  yield* query("delete from nuner_item where queue = $1", [owner])
  for (const { job, reserved } of lost) yield* charge(query, String(job), Number(reserved), Number(reserved))
  return 1
})
