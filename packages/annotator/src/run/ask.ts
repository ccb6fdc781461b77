import { Clock, Effect, Fiber, Random, Result, Semaphore } from "effect"
import { expectedInputTokens } from "../cost/tokens.ts"
import { mayRetry, retryDelay } from "../flow/retryDelay.ts"
import type { Outcome } from "../ledger/Attempts.ts"
import { Ledger } from "../ledger/Ledger.ts"
import type { LedgerError } from "../ledger/LedgerError.ts"
import type { ClaimedRequest } from "../ledger/Queue.ts"
import type { LlmRequest } from "../llm/Llm.ts"
import { LlmError, Unreachable } from "../llm/LlmError.ts"
import { heed } from "./heed.ts"
import { answerOutcome, failureOutcome, usageAtMost } from "./outcome.ts"
import type { Run } from "./Run.ts"

/** Asks everything of the run's queue, so many at a time, until nothing of it is unfinished or the budget is gone. */
export const askAll = Effect.fnUntraced(function* (run: Run): Effect.fn.Return<void, LedgerError | LlmError, Ledger> {
  const refill = yield* Semaphore.make(1)
  const { shared } = yield* Ledger
  let claims: Array<ClaimedRequest> = []
  let ended = false
  // Where others work too, no more is claimed than can be sent at once: what waits is free for whoever has room.
  let waiting = 0
  const next = Effect.suspend(() => {
    waiting++
    return refill.withPermit(
      Effect.gen(function* () {
        if (claims.length === 0 && !ended) {
          claims = [...(yield* nextClaims(run, shared ? waiting : run.options.concurrency))].reverse()
          ended = claims.length === 0
        }
        waiting--
        return claims.pop()
      })
    )
  })
  const worker = Effect.gen(function* () {
    for (let claimed = yield* next; claimed !== undefined; claimed = yield* next) {
      yield* ask(run, claimed)
      run.held.delete(claimed.address)
    }
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

const LONGEST_IDLE_MS = 500

/** The next requests to ask; none at the end. Waits for the planner, and for requests that other workers hold. */
const nextClaims = Effect.fnUntraced(function* (run: Run, limit: number) {
  const ledger = yield* Ledger
  const { held, owner, queue } = run
  for (let idle = 20; ; idle = Math.min(LONGEST_IDLE_MS, idle * 1.5)) {
    if (run.overBudget) return []
    const planned = run.planned
    const now = yield* Clock.currentTimeMillis
    const claims = yield* ledger.claim({ queue, owner, limit, now })
    const found =
      claims.length === 0 && idle >= LONGEST_IDLE_MS ? yield* ledger.reclaim({ queue, owner, held, now }) : claims
    for (const { address } of found) held.add(address)
    if (found.length > 0) return found
    if (planned && !(yield* ledger.adopt(queue, run.cursor))) return []
    yield* Effect.sleep(planned ? idle : 20)
  }
})

/** One request to its end: answered, failed for good, or left because the budget is gone, or others have it. */
const ask = Effect.fnUntraced(function* (run: Run, claimed: ClaimedRequest) {
  const { limiter, tally } = run
  const { address } = claimed
  const request = run.request(claimed)
  let since = 0
  for (let retry = 1; ; retry++) {
    yield* limiter.wait(expectedInputTokens(request) + request.maxTokens)
    if (retry > 1) tally.retries++
    else since = yield* Clock.currentTimeMillis
    const pause = yield* attempt(run, address, request, { retry, since })
    if (pause === undefined) return
    yield* Effect.sleep(pause)
  }
})

/** Milliseconds until the next try; undefined if there is none. */
const attempt = Effect.fnUntraced(function* (
  run: Run,
  address: string,
  request: LlmRequest,
  { retry, since }: { readonly retry: number; readonly since: number }
) {
  const { limiter, options, owner, tally } = run
  const ledger = yield* Ledger
  const estimate = run.estimate(request)
  const number = yield* send(run, address, estimate)
  if (number === undefined) return undefined
  tally.attempts++
  const settle = Effect.fnUntraced(function* (outcome: Outcome) {
    tally.settled(outcome.usage, outcome.cost)
    yield* ledger.settle({ address, owner, attempt: number, outcome, now: yield* Clock.currentTimeMillis })
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
    yield* settle(answerOutcome(run, answer, false, () => usageAtMost(request, answer)))
    return undefined
  }
  const error = result.failure
  if (!mayRetry(error, retry, options.maxRetries, (yield* Clock.currentTimeMillis) - since)) {
    yield* settle(failureOutcome(error, estimate))
    if (error.isFatal) return yield* error
    return undefined
  }
  yield* settle({ ...failureOutcome(error, estimate), state: "planned", keep: true })
  yield* heed(run, error)
  const delay = retryDelay(error, retry, 1000 * options.retrySeconds, yield* Random.next)
  if (error.retryAfterMs > 0) yield* limiter.pause(error.retryAfterMs)
  else if (error.reason._tag === "RateLimited") yield* limiter.pause(delay)
  return delay
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
            reason: new Unreachable({ detail: `no answer within ${options.timeoutSeconds} s`, mayCost: true })
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
