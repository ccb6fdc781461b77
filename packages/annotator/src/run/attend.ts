import { Clock, Effect, type Scope } from "effect"
import { Ledger } from "../ledger/Ledger.ts"
import type { LedgerError } from "../ledger/LedgerError.ts"
import { ALL_PARTS } from "../ledger/partOf.ts"
import { type Run, refuse } from "./Run.ts"

/**
 * Takes this worker's place until the scope ends: on SQLite, and for batches, it is alone and holds all parts of the job; elsewhere the
 * cluster says which ones.
 *
 * @param role the one who plans the job starts it; any number of others help
 */
export const attend = Effect.fnUntraced(function* (run: Run, role: "plan" | "help") {
  const ledger = yield* Ledger
  if (role === "plan" && !(yield* ledger.lock(run.queue))) {
    return yield* ledger.client === undefined
      ? refuse("ledger", `${ledger.name} is in use by another process`, "wait for it, or share a ledger on Postgres")
      : refuse(
          "job",
          `"${run.options.job}" is being planned by another process`,
          "help it with work, or use another name"
        )
  }
  if (ledger.client === undefined || run.options.batch) return yield* takeAll(run)
  const client = ledger.client
  const { joinCluster } = yield* Effect.promise(() => import("../cluster/joinCluster.ts"))
  yield* joinCluster(run, client, role)
})

const takeAll = Effect.fnUntraced(function* (run: Run): Effect.fn.Return<void, LedgerError, Ledger | Scope.Scope> {
  const ledger = yield* Ledger
  const { owner, queue } = run
  yield* ledger.inherit({ queue, parts: ALL_PARTS, owner, now: yield* Clock.currentTimeMillis })
  for (const part of ALL_PARTS) run.parts.take(part)
  yield* Effect.addFinalizer(() => Effect.ignore(ledger.giveBack({ queue, parts: ALL_PARTS, owner })))
})
