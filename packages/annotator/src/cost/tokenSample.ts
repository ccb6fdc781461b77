import { Effect } from "effect"
import type { LlmRequest } from "../llm/Llm.ts"
import type { LlmError } from "../llm/LlmError.ts"

/** Requests that a provider is asked to count. */
const SAMPLE = 20

interface Estimated {
  readonly request: LlmRequest
  readonly tokens: number
}

/**
 * A random sample of requests, drawn as they stream past: those with the smallest keys, which are hashes of what they ask. The same requests give the
 * same sample.
 */
export const tokenSample = () => {
  let kept: Array<Estimated> = []
  let seen = 0
  return {
    add: (request: LlmRequest, tokens: number): void => {
      seen++
      if (kept.length === SAMPLE && request.key > kept.at(-1)!.request.key) return
      kept = [...kept, { request, tokens }].sort((a, b) => (a.request.key < b.request.key ? -1 : 1)).slice(0, SAMPLE)
    },
    /** What to multiply estimates with, by the count of the sample, and how sure that is in a few words. */
    correct: (
      provider: string,
      countTokens: (request: LlmRequest) => Effect.Effect<number, LlmError>
    ): Effect.Effect<{ readonly factor: number; readonly how: string }, LlmError> =>
      Effect.map(
        Effect.forEach(kept, ({ request }) => countTokens(request), { concurrency: 4 }),
        (counted) => {
          const sum = (values: ReadonlyArray<number>) => values.reduce((total, value) => total + value, 0)
          const estimated = sum(kept.map(({ tokens }) => tokens))
          const factor = estimated === 0 ? 1 : sum(counted) / estimated
          const n = counted.length
          if (n === seen) return { factor, how: `counted by ${provider}` }
          // The error of a ratio of sums (Cochran 1977, 2.11), twice: about 95 % of all samples.
          const squares = sum(kept.map(({ tokens }, i) => (counted[i]! - factor * tokens) ** 2))
          const error = (200 * Math.sqrt((n * squares * (1 - n / seen)) / (n - 1))) / sum(counted)
          return { factor, how: `${n} of ${seen} requests counted by ${provider}, good to ${error.toFixed(1)} %` }
        }
      )
  }
}
