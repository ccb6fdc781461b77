import { Clock, Effect, Random, Result } from "effect"
import { retryDelay } from "../flow/retryDelay.ts"
import type { LedgerBatch } from "../ledger/Batches.ts"
import { Ledger } from "../ledger/Ledger.ts"
import type { LedgerError } from "../ledger/LedgerError.ts"
import type { LlmRequest } from "../llm/Llm.ts"
import type { LlmError } from "../llm/LlmError.ts"
import { heed } from "../run/heed.ts"
import type { Run } from "../run/Run.ts"
import type { BatchApi } from "./BatchApi.ts"
import { settleRest } from "./settleRest.ts"

export interface Submitted {
  /** undefined: nothing was submitted. */
  readonly batch: LedgerBatch | undefined
  /** How many of the requests are done with, in a batch or failed with it. */
  readonly taken: number
  readonly budget: "enough" | "wait" | "over"
}

/** Writes a batch down, submits it, writes the provider's id down: a crash between any two of these is found out later. */
export const submitBatch = Effect.fnUntraced(function* (
  run: Run,
  api: BatchApi,
  waiting: ReadonlyArray<{ readonly address: string; readonly request: LlmRequest }>
): Effect.fn.Return<Submitted, LedgerError | LlmError, Ledger> {
  const ledger = yield* Ledger
  const { job, maxCost = null } = run.options
  const id = `nuner-${crypto.randomUUID()}`
  const createdAt = yield* Clock.currentTimeMillis
  const members = waiting.map(({ address, request }) => ({
    address,
    key: request.key,
    estimate: run.estimate(request)
  }))
  const { budget, taken } = yield* ledger.openBatch({
    id,
    provider: run.llm.provider,
    job,
    owner: run.owner,
    requests: members,
    maxCost,
    now: createdAt
  })
  if (taken === 0) return { batch: undefined, taken, budget }
  run.tally.attempts += taken
  const requests = waiting.slice(0, taken).map(({ request }) => request)
  const result = yield* Effect.result(submit(run, api, id, requests, createdAt))
  const now = yield* Clock.currentTimeMillis
  if (Result.isSuccess(result)) {
    const remoteId = result.success
    yield* ledger.updateBatch(id, { state: "running", remoteId, now })
    return { batch: { id, remoteId, state: "running", requests: taken, createdAt }, taken, budget }
  }
  const error = result.failure
  if (error._tag === "LedgerError") return yield* error
  const outcome = { usage: null, cost: 0, detail: error.detail }
  if (error.isFatal) {
    yield* settleRest(id, { ...outcome, state: "planned" }, Number.POSITIVE_INFINITY)
    yield* ledger.updateBatch(id, { state: "lost", detail: error.detail, now })
    return yield* error
  }
  if (isTooLarge(error) && taken > 1) {
    run.largestBatch = Math.ceil(taken / 2)
    yield* settleRest(id, { ...outcome, state: "planned" }, Number.POSITIVE_INFINITY)
    yield* ledger.updateBatch(id, { state: "invalid", detail: error.detail, now })
    return { batch: undefined, taken, budget }
  }
  yield* settleRest(id, { ...outcome, state: "failed", reason: "batch refused" }, 0)
  yield* ledger.updateBatch(id, { state: "invalid", detail: error.detail, now })
  return { batch: undefined, taken, budget }
})

const isTooLarge = ({ reason }: LlmError): boolean => "status" in reason && reason.status === 413

/** The provider's id. After a failure that leaves it open whether the batch exists, looks before submitting again. */
const submit = Effect.fnUntraced(function* (
  run: Run,
  api: BatchApi,
  tag: string,
  requests: ReadonlyArray<LlmRequest>,
  since: number
) {
  const ledger = yield* Ledger
  for (let retry = 1; ; retry++) {
    const submitted = yield* Effect.result(api.submit(tag, requests))
    if (Result.isSuccess(submitted)) return submitted.success
    const error = submitted.failure
    if (!error.isRetryable || retry > run.options.maxRetries) return yield* error
    run.tally.retries++
    yield* heed(run, error)
    yield* Effect.sleep(retryDelay(error, retry, 1000 * run.options.retrySeconds, yield* Random.next))
    const known = new Set(yield* ledger.remoteBatches(run.llm.provider))
    const found = yield* Effect.result(api.find(tag, { since, known, requests: requests.length }))
    if (Result.isSuccess(found) && found.success !== undefined) return found.success
  }
})
