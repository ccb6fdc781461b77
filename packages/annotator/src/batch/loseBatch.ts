import { Clock, Effect } from "effect"
import type { LedgerBatch } from "../ledger/Batches.ts"
import { Ledger } from "../ledger/Ledger.ts"
import type { LedgerError } from "../ledger/LedgerError.ts"
import type { LlmError } from "../llm/LlmError.ts"
import type { BatchApi } from "./BatchApi.ts"
import { settleRest } from "./settleRest.ts"

/** 404: the provider has no such batch, or no such address. */
export const isGone = (error: LlmError | LedgerError): error is LlmError =>
  error._tag === "LlmError" && "status" in error.reason && error.reason.status === 404

/**
 * Gives up a batch that the provider no longer has, as after 30 days: its requests go back into the queue, and count as charged. Fails where there are no
 * batches at all, for then the address is wrong.
 */
export const loseBatch = Effect.fnUntraced(function* (
  provider: string,
  api: BatchApi,
  { createdAt: since, id, requests }: LedgerBatch,
  { detail }: LlmError,
  maxAttempts: number
): Effect.fn.Return<void, LedgerError | LlmError, Ledger> {
  const ledger = yield* Ledger
  yield* api.find(id, { since, known: new Set(yield* ledger.remoteBatches(provider)), requests })
  const reason = "missing from batch"
  yield* settleRest(id, { state: "planned", reason, detail, usage: null, cost: null, assumed: true }, maxAttempts)
  yield* ledger.updateBatch(id, { state: "lost", detail, now: yield* Clock.currentTimeMillis })
})
