import { Clock, Effect } from "effect"
import { Ledger } from "../ledger/Ledger.ts"
import type { LedgerError } from "../ledger/LedgerError.ts"

export interface Limits {
  /** Who shares them. */
  readonly job: string
  readonly requestsPerMinute?: number | undefined
  readonly tokensPerMinute?: number | undefined
}

export interface Limiter {
  /** Waits until the limits allow a request of so many tokens, and until nobody is told to wait. */
  readonly wait: (tokens: number) => Effect.Effect<void, LedgerError, Ledger>
  /** The provider is to be left alone for so long: nobody sends before that. Pauses do not add up. */
  readonly pause: (milliseconds: number) => Effect.Effect<void, LedgerError, Ledger>
}

/**
 * The limits of a job, over all workers on its ledger. Amounts are spaced evenly over the minute: an amount waits until those before it are paid
 * off. Without a burst, no minute holds more than the limit plus one request, wherever the provider's window begins. Without limits, a pause is of
 * this process.
 */
export const makeLimiter = (limits: Limits): Limiter => {
  const { job, requestsPerMinute, tokensPerMinute } = limits
  const limited = requestsPerMinute !== undefined || tokensPerMinute !== undefined
  const length = (amount: number, perMinute: number | undefined) =>
    perMinute === undefined ? 0 : (60_000 * amount) / perMinute
  let notBefore = 0
  const pauseOver: Effect.Effect<void> = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    now >= notBefore ? Effect.void : Effect.andThen(Effect.sleep(notBefore - now), pauseOver)
  )
  return {
    wait: Effect.fnUntraced(function* (tokens: number) {
      if (limited) {
        const { pace } = yield* Ledger
        const line = { requests: length(1, requestsPerMinute), tokens: length(tokens, tokensPerMinute) }
        yield* Effect.sleep(yield* pace(job, line))
      }
      yield* pauseOver
    }),
    pause: Effect.fnUntraced(function* (milliseconds: number) {
      notBefore = Math.max(notBefore, (yield* Clock.currentTimeMillis) + milliseconds)
      if (!limited) return
      const { pace } = yield* Ledger
      const ahead = yield* pace(job, { requests: 0, tokens: 0 })
      if (ahead < milliseconds) yield* pace(job, { requests: milliseconds - ahead, tokens: 0 })
    })
  }
}
