import { Clock, Effect } from "effect"

export interface Limits {
  readonly requestsPerMinute?: number | undefined
  readonly tokensPerMinute?: number | undefined
}

export interface Limiter {
  /** Waits until the limits allow a request of so many tokens, and until nobody is told to wait. */
  readonly wait: (tokens: number) => Effect.Effect<void>
  /** The provider said `retry-after`: nobody sends before that. */
  readonly pause: (milliseconds: number) => Effect.Effect<void>
}

/** The limits of one model, in this process. */
export const makeLimiter = ({ requestsPerMinute, tokensPerMinute }: Limits): Limiter => {
  const requests = spacing(requestsPerMinute)
  const tokens = spacing(tokensPerMinute)
  let notBefore = 0
  const pauseOver: Effect.Effect<void> = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    now >= notBefore ? Effect.void : Effect.andThen(Effect.sleep(notBefore - now), pauseOver)
  )
  return {
    wait: Effect.fnUntraced(function* (size: number) {
      yield* requests(1)
      yield* tokens(size)
      yield* pauseOver
    }),
    pause: (milliseconds) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        notBefore = Math.max(notBefore, now + milliseconds)
      })
  }
}

/**
 * Spaces amounts evenly over the minute: an amount waits until those before it are paid off. Without a burst, no minute
 * holds more than the limit plus one request, wherever the provider's window begins.
 */
const spacing = (perMinute: number | undefined) => {
  let free = 0
  return (amount: number): Effect.Effect<void> =>
    perMinute === undefined
      ? Effect.void
      : Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const start = Math.max(now, free)
          free = start + (amount * 60_000) / perMinute
          return start === now ? Effect.void : Effect.sleep(start - now)
        })
}
