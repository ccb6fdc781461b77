import { Clock, Effect, Result, Stream } from "effect"
import { Ledger, type LedgerBatch, type Outcome } from "../ledger/Ledger.ts"
import type { LedgerError } from "../ledger/LedgerError.ts"
import type { LlmError } from "../llm/LlmError.ts"
import { answerOutcome, failureOutcome } from "../run/outcome.ts"
import type { Run } from "../run/Run.ts"
import type { BatchApi, BatchRow } from "./BatchApi.ts"
import { settleRest } from "./settleRest.ts"

const FIRST_POLL_MS = 1000

/** Waits for a batch and collects it. Rows that it does not bring go back into the queue. */
export const followBatch = Effect.fnUntraced(function* (
  run: Run,
  api: BatchApi,
  batch: LedgerBatch
): Effect.fn.Return<void, LedgerError | LlmError, Ledger> {
  const ledger = yield* Ledger
  const maxAttempts = run.options.maxRetries + 1
  const finish = Effect.fnUntraced(function* (state: "collected" | "invalid" | "lost", rest: Outcome, detail?: string) {
    yield* settleRest(batch.id, rest, maxAttempts)
    const now = yield* Clock.currentTimeMillis
    yield* ledger.updateBatch(batch.id, { state, now, ...(detail === undefined ? {} : { detail }) })
    run.tally.inBatch -= batch.requests
  })

  const remoteId = batch.remoteId ?? (yield* recover(run, api, batch))
  if (remoteId === undefined) return yield* finish("lost", planned("missing from batch"))
  const status = yield* ended(run, api, remoteId)
  if (status.state === "invalid") {
    const detail = status.detail ?? "the provider refused the batch"
    return yield* finish("invalid", { ...planned("batch refused"), state: "failed", detail }, detail)
  }
  yield* persistently(run, () => collect(run, api, batch.id, remoteId, maxAttempts))
  yield* finish("collected", planned("missing from batch"))
})

/** The id of a batch whose process died between submitting it and writing its id down. */
const recover = Effect.fnUntraced(function* (run: Run, api: BatchApi, batch: LedgerBatch) {
  const ledger = yield* Ledger
  const known = new Set(yield* ledger.remoteBatches(run.llm.provider))
  const search = { since: batch.createdAt, known, requests: batch.requests }
  const remoteId = yield* persistently(run, () => api.find(batch.id, search))
  if (remoteId !== undefined) {
    yield* ledger.updateBatch(batch.id, { state: "running", remoteId, now: yield* Clock.currentTimeMillis })
  }
  return remoteId
})

/** Looks at the batch until it is over: after a second at first, then more and more rarely. */
const ended = Effect.fnUntraced(function* (run: Run, api: BatchApi, id: string) {
  for (let pause = FIRST_POLL_MS; ; pause *= 1.5) {
    const status = yield* persistently(run, () => api.status(id))
    if (status.state !== "running") return status
    yield* Effect.sleep(Math.min(pause, 1000 * run.options.pollSeconds))
  }
})

/** Settles the rows as they come: in any order, some twice, some never. A broken download starts again; what is settled stays. */
const collect = Effect.fnUntraced(function* (
  run: Run,
  api: BatchApi,
  id: string,
  remoteId: string,
  maxAttempts: number
) {
  const ledger = yield* Ledger
  yield* api.results(remoteId).pipe(
    Stream.grouped(500),
    Stream.runForEach(
      Effect.fnUntraced(function* (rows) {
        const read = rows.map((row) => ({ key: row.key, outcome: rowOutcome(run, row) }))
        const settled = new Set(yield* ledger.settleBatch(id, read, maxAttempts, yield* Clock.currentTimeMillis))
        for (const { key, outcome } of read) {
          if (!settled.delete(key)) continue
          run.tally.settled(outcome.usage, outcome.cost)
          if (outcome.state !== "planned") run.settled(outcome)
        }
      })
    )
  )
})

const rowOutcome = (run: Run, { outcome }: BatchRow): Outcome => {
  switch (outcome._tag) {
    case "Answered":
      return answerOutcome(run, outcome.answer, true, () => ({ inputTokens: 0, outputTokens: run.options.maxTokens }))
    case "Failed": {
      const failure = failureOutcome(outcome.error, 0)
      return outcome.error.isRetryable ? { ...failure, state: "planned" } : failure
    }
    case "Expired":
      return planned("expired")
    case "Cancelled":
      return { ...planned("cancelled"), state: "failed" }
  }
}

/** To be asked again; not charged. */
const planned = (reason: string): Outcome => ({ state: "planned", reason, usage: null, cost: 0 })

/** A batch is worth waiting for: a failure that may pass never gives it up. */
const persistently = <A, E, R>(run: Run, attempt: () => Effect.Effect<A, E | LlmError, R>) =>
  Effect.gen(function* () {
    for (let pause = FIRST_POLL_MS; ; pause *= 2) {
      const result = yield* Effect.result(attempt())
      if (Result.isSuccess(result)) return result.success
      const error = result.failure
      if (!isRetryable(error)) return yield* Effect.fail(error)
      run.tally.retries++
      yield* Effect.sleep(Math.max(error.retryAfterMs, Math.min(pause, 1000 * run.options.pollSeconds)))
    }
  })

const isRetryable = (error: unknown): error is LlmError =>
  typeof error === "object" && error !== null && "isRetryable" in error && error.isRetryable === true
