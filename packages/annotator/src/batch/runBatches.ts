import { Clock, Effect, FiberSet } from "effect"
import { Ledger } from "../ledger/Ledger.ts"
import type { LedgerError } from "../ledger/LedgerError.ts"
import type { ClaimedRequest } from "../ledger/Queue.ts"
import type { LlmRequest } from "../llm/Llm.ts"
import type { LlmError } from "../llm/LlmError.ts"
import type { Run } from "../run/Run.ts"
import type { BatchApi } from "./BatchApi.ts"
import { followBatch } from "./followBatch.ts"
import { submitBatch } from "./submitBatch.ts"

interface Waiting {
  readonly address: string
  readonly request: LlmRequest
  /** That it takes in a batch. */
  readonly bytes: number
}

/**
 * Sends the run's queue through the provider's batch API: fills batches up to the provider's limits, submits them, and
 * follows them and those that an earlier process left, until nothing of the queue is unfinished or the budget is gone.
 */
export const runBatches = (run: Run, api: BatchApi): Effect.Effect<void, LedgerError | LlmError, Ledger> =>
  Effect.scoped(
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const { owner, queue } = run
      const { job } = run.options
      const followers = yield* FiberSet.make<void, LedgerError | LlmError>()
      const work = Effect.gen(function* () {
        let waiting: Array<Waiting> = []
        // Of those that wait, how many are known to fit into one batch, and the bytes that they take.
        let [fitting, bytes] = [0, 0]
        const followed = new Set<string>()
        for (let idle = 20; ; idle = Math.min(1000, idle * 1.5)) {
          for (const batch of yield* ledger.openBatches(run.llm.provider, job)) {
            if (followed.has(batch.id)) continue
            followed.add(batch.id)
            run.tally.inBatch += batch.requests
            yield* FiberSet.run(followers, followBatch(run, api, batch))
          }
          const planned = run.planned
          const now = yield* Clock.currentTimeMillis
          const claims: ReadonlyArray<ClaimedRequest> = run.overBudget
            ? []
            : yield* ledger.claim({ queue, owner, limit: CLAIM, now })
          for (const claimed of claims) {
            const request = run.request(claimed)
            waiting.push({ address: claimed.address, request, bytes: api.size(request) })
          }
          const most = Math.min(run.largestBatch, api.maxRequests)
          if (fitting > most) [fitting, bytes] = [0, 0]
          while (fitting < Math.min(waiting.length, most) && bytes + waiting[fitting]!.bytes <= api.maxBytes) {
            bytes += waiting[fitting++]!.bytes
          }
          const complete = fitting < waiting.length || (planned && claims.length === 0 && waiting.length > 0)
          if (complete && !run.overBudget) {
            const { batch, taken, budget } = yield* submitBatch(run, api, waiting.slice(0, fitting))
            waiting = waiting.slice(taken)
            if (taken > 0) [fitting, bytes] = [0, 0]
            if (batch !== undefined) {
              followed.add(batch.id)
              run.tally.inBatch += taken
              yield* FiberSet.run(followers, followBatch(run, api, batch))
            }
            if (budget === "over") run.overBudget = true
            if (taken > 0) {
              idle = 20
              continue
            }
          }
          if (run.overBudget && (yield* FiberSet.size(followers)) === 0) break
          if (planned && waiting.length === 0 && claims.length === 0 && !(yield* ledger.adopt(queue, run.cursor))) break
          if (claims.length === 0) yield* Effect.sleep(idle)
        }
        run.asked = true
      })
      yield* Effect.raceFirst(work, FiberSet.join(followers))
    })
  )

/** Requests taken out of the ledger at a time. */
const CLAIM = 1000
