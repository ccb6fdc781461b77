import type { LlmError } from "../llm/LlmError.ts"

const LONGEST_MS = 30_000
/** Limits are by the minute: after so long a 429 has had its chance. */
const PATIENCE_MS = 90_000

/**
 * Whether a request is tried again: `maxRetries` times; a 429 also for as long as a minute's limit needs to pass, unless there are to be no retries.
 *
 * @param retry 1 for the first retry
 * @param elapsed milliseconds since the first try
 */
export const mayRetry = (error: LlmError, retry: number, maxRetries: number, elapsed: number): boolean =>
  error.isRetryable &&
  (retry <= maxRetries || (maxRetries > 0 && error.reason._tag === "RateLimited" && elapsed < PATIENCE_MS))

/**
 * Milliseconds until the next try: `first`, doubling to 30 s, of which a random part between half and all is waited ("equal
 * jitter": workers that failed together do not come back together), but never less than the provider asked for.
 *
 * @param retry 1 for the first retry
 * @param first milliseconds
 * @param random uniform in [0, 1)
 */
export const retryDelay = (error: LlmError, retry: number, first: number, random: number): number => {
  const backoff = Math.min(LONGEST_MS, first * 2 ** (retry - 1)) * (0.5 + random / 2)
  return error.retryAfterMs > 0 ? error.retryAfterMs * (1 + 0.1 * random) : backoff
}
