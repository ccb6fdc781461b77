import { Clock, Effect, Fiber, Random, Result, Semaphore } from "effect"
import { expectedInputTokens } from "../cost/tokens.ts"
import { retryDelay } from "../flow/retryDelay.ts"
import { type ClaimedRequest, Ledger, type Outcome } from "../ledger/Ledger.ts"
import type { LedgerError } from "../ledger/LedgerError.ts"
import type { LlmRequest } from "../llm/Llm.ts"
import { LlmError, Unreachable } from "../llm/LlmError.ts"
import { answerOutcome, failureOutcome, usageAtMost } from "./outcome.ts"
import type { Run } from "./Run.ts"

/** Asks everything of the run's queue, so many at a time, until nothing of it is unfinished or the budget is gone. */
export const askAll = Effect.fnUntraced(function* (run: Run): Effect.fn.Return<void, LedgerError | LlmError, Ledger> {
  const refill = yield* Semaphore.make(1)
  let claims: Array<ClaimedRequest> = []
  let ended = false
  const next = refill.withPermit(
    Effect.gen(function* () {
      if (claims.length === 0 && !ended) {
        claims = [...(yield* nextClaims(run))].reverse()
        ended = claims.length === 0
      }
      return claims.pop()
    })
  )
  const worker = Effect.gen(function* () {
    for (let claimed = yield* next; claimed !== undefined; claimed = yield* next) yield* ask(run, claimed)
  })
  yield* Effect.all(
    Array.from({ length: run.options.concurrency }, () => worker),
    {
      concurrency: "unbounded",
      discard: true
    }
  )
  run.asked = true
})

/** The next requests to ask; none at the end. Waits for the planner, and for requests that other workers hold. */
const nextClaims = Effect.fnUntraced(function* (run: Run) {
  const ledger = yield* Ledger
  for (let idle = 20; ; idle = Math.min(1000, idle * 1.5)) {
    if (run.overBudget) return []
    const planned = run.planned
    const claims = yield* ledger.claim(run.queue, run.owner, run.options.concurrency, yield* Clock.currentTimeMillis)
    if (claims.length > 0) return claims
    if (planned && !(yield* ledger.adopt(run.queue, run.cursor))) return []
    yield* Effect.sleep(planned ? idle : 20)
  }
})

/** One request to its end: answered, failed for good, or left to a later run because the budget is gone. */
const ask = Effect.fnUntraced(function* (run: Run, claimed: ClaimedRequest) {
  const { limiter, options, tally } = run
  const ledger = yield* Ledger
  const { address } = claimed
  const { owner } = run
  const request = run.request(claimed)
  const estimate = run.estimate(request)
  for (let retry = 1; ; retry++) {
    yield* limiter.wait(expectedInputTokens(request) + request.maxTokens)
    const attempt = yield* send(run, address, estimate)
    if (attempt === undefined) return
    tally.attempts++
    if (retry > 1) tally.retries++
    const settle = Effect.fnUntraced(function* (outcome: Outcome) {
      tally.settled(outcome.usage, outcome.cost)
      yield* ledger.settle({ address, owner, attempt, outcome, now: yield* Clock.currentTimeMillis })
      if (outcome.state !== "planned") run.settled(outcome)
    })
    const result = yield* call(run, request).pipe(
      Effect.onInterrupt(() =>
        Effect.ignore(
          settle({ state: "planned", keep: true, reason: "interrupted", usage: null, cost: estimate, assumed: true })
        )
      )
    )
    if (Result.isSuccess(result)) {
      const answer = result.success
      return yield* settle(answerOutcome(run, answer, false, () => usageAtMost(request, answer)))
    }
    const error = result.failure
    if (!error.isRetryable || retry > options.maxRetries) {
      yield* settle(failureOutcome(error, estimate))
      if (error.isFatal) return yield* error
      return
    }
    yield* settle({ ...failureOutcome(error, estimate), state: "planned", keep: true })
    if (error.retryAfterMs > 0) yield* limiter.pause(error.retryAfterMs)
    yield* Effect.sleep(retryDelay(error, retry, 1000 * options.retrySeconds, yield* Random.next))
  }
})

/** The attempt's number once it is written down and affordable; undefined if it is not to be made. */
const send = Effect.fnUntraced(function* (run: Run, address: string, estimate: number) {
  const ledger = yield* Ledger
  const { job, maxCost = null } = run.options
  for (;;) {
    if (run.overBudget) return undefined
    const now = yield* Clock.currentTimeMillis
    const sent = yield* ledger.send({ address, owner: run.owner, job, estimate, maxCost, now })
    if (sent._tag === "Sent") return sent.attempt
    if (sent._tag === "Gone") return undefined
    if (sent._tag === "OverBudget") run.overBudget = true
    else yield* Effect.sleep("50 millis")
  }
})

/**
 * The HTTP request leaves before any other worker gets its turn, and its answer is handled in a turn of its own. Otherwise
 * requests whose answers came together would leave together, and all of them wait for each other ever after.
 */
const call = Effect.fnUntraced(function* (run: Run, request: LlmRequest) {
  const { llm, options, tally } = run
  tally.inFlight++
  const asking = yield* Effect.forkChild(llm.ask(request), { startImmediately: true })
  const result = yield* Fiber.join(asking).pipe(
    Effect.timeoutOrElse({
      duration: options.timeoutSeconds * 1000,
      orElse: () =>
        Effect.fail(
          new LlmError({
            provider: llm.provider,
            operation: "ask",
            reason: new Unreachable({ detail: `no answer within ${options.timeoutSeconds} s` })
          })
        )
    }),
    Effect.result,
    Effect.ensuring(
      Effect.suspend(() => {
        tally.inFlight--
        return Fiber.interrupt(asking)
      })
    )
  )
  yield* ownTurn
  return result
})

const ownTurn = Effect.callback<void>((resume) => {
  const turn = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(turn))
})
