import type { LlmError } from "../llm/LlmError.ts"

const LONGEST_MS = 30_000

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
