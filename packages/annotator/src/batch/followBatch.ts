import { Clock, Effect, Result, Stream } from "effect"
import type { Outcome } from "../ledger/Attempts.ts"
import type { LedgerBatch } from "../ledger/Batches.ts"
import { Ledger } from "../ledger/Ledger.ts"
import type { LedgerError } from "../ledger/LedgerError.ts"
import type { LlmError } from "../llm/LlmError.ts"
import { heed } from "../run/heed.ts"
import { answerOutcome, failureOutcome } from "../run/outcome.ts"
import type { Run } from "../run/Run.ts"
import type { BatchApi, BatchRow } from "./BatchApi.ts"
import { isGone, loseBatch } from "./loseBatch.ts"
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
  const finish = Effect.fnUntraced(function* (
    state: "collected" | "invalid" | "lost",
    rest: Outcome,
    detail?: string,
    most = maxAttempts
  ) {
    yield* settleRest(batch.id, rest, most)
    const now = yield* Clock.currentTimeMillis
    yield* ledger.updateBatch(batch.id, { state, now, ...(detail === undefined ? {} : { detail }) })
    run.tally.inBatch -= batch.requests
  })

  const remoteId = batch.remoteId ?? (yield* recover(run, api, batch))
  if (remoteId === undefined) return yield* finish("lost", planned("missing from batch"))
  const unlessGone = <A>(look: Effect.Effect<A, LedgerError | LlmError, Ledger>) =>
    Effect.catchIf(look, isGone, (error) =>
      Effect.gen(function* () {
        yield* persistently(run, () => loseBatch(run.llm.provider, api, batch, error, maxAttempts))
        run.tally.inBatch -= batch.requests
        run.tally.lost += batch.requests
        return undefined
      })
    )
  const status = yield* unlessGone(ended(run, api, remoteId))
  if (status === undefined) return
  if (status.state === "invalid") {
    const detail = status.detail ?? "the provider refused the batch"
    const again = status.passing && run.refusedBatches < run.options.maxRetries
    if (again) yield* makeSmaller(run, batch.requests)
    const rest: Outcome = { ...planned("batch refused"), state: again ? "planned" : "failed", detail }
    return yield* finish("invalid", rest, detail, again ? Number.POSITIVE_INFINITY : maxAttempts)
  }
  const collected = yield* unlessGone(persistently(run, () => collect(run, api, batch.id, remoteId, maxAttempts)))
  if (collected === undefined) return
  run.refusedBatches = 0
  yield* finish("collected", planned("missing from batch"))
  if (collected.denied !== undefined) return yield* collected.denied
})

/** After a batch that was refused for its size or the moment: a pause, and batches of half of it from then on. */
const makeSmaller = Effect.fnUntraced(function* (run: Run, requests: number) {
  const { pollSeconds, retrySeconds } = run.options
  run.tally.retries++
  run.largestBatch = Math.max(1, Math.ceil(requests / 2))
  yield* Effect.sleep(1000 * Math.min(pollSeconds, retrySeconds * 2 ** run.refusedBatches++))
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

/**
 * Settles the rows as they come: in any order, some twice, some never. A broken download starts again; what is settled stays.
 *
 * @returns `denied`: an answer among them that no request can escape, if there is one
 */
const collect = Effect.fnUntraced(function* (
  run: Run,
  api: BatchApi,
  id: string,
  remoteId: string,
  maxAttempts: number
) {
  const ledger = yield* Ledger
  let denied: LlmError | undefined
  yield* api.results(remoteId).pipe(
    Stream.grouped(500),
    Stream.runForEach(
      Effect.fnUntraced(function* (rows) {
        for (const { outcome } of rows) {
          if (outcome._tag === "Failed" && outcome.error.isFatal) denied = outcome.error
        }
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
  return { denied }
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
      yield* heed(run, error)
      yield* Effect.sleep(Math.max(error.retryAfterMs, Math.min(pause, 1000 * run.options.pollSeconds)))
    }
  })

const isRetryable = (error: unknown): error is LlmError =>
  typeof error === "object" && error !== null && "isRetryable" in error && error.isRetryable === true
