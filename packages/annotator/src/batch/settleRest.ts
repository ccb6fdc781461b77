import { Clock, Effect } from "effect"
import type { Outcome } from "../ledger/Attempts.ts"
import { Ledger } from "../ledger/Ledger.ts"

const CHUNK = 500

/** Gives every request of a batch that has no outcome yet this one. */
export const settleRest = Effect.fnUntraced(function* (id: string, outcome: Outcome, maxAttempts: number) {
  const ledger = yield* Ledger
  for (;;) {
    const keys = yield* ledger.batchRest(id, CHUNK)
    if (keys.length === 0) return
    const rows = keys.map((key) => ({ key, outcome }))
    yield* ledger.settleBatch(id, rows, maxAttempts, yield* Clock.currentTimeMillis)
  }
})
