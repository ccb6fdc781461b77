import { Clock, Effect } from "effect"
import { Denied, LlmError } from "../llm/LlmError.ts"
import type { Run } from "./Run.ts"

/** What to make of a `retry-after` above `longWaitSeconds`: the run says when it goes on, or, as `onLongWait` has it, ends. */
export const heed = Effect.fnUntraced(function* (run: Run, error: LlmError): Effect.fn.Return<void, LlmError> {
  const { longWaitSeconds, onLongWait } = run.options
  if (error.retryAfterMs <= 1000 * longWaitSeconds) return
  const resumesAt = (yield* Clock.currentTimeMillis) + error.retryAfterMs
  run.tally.resumesAt = Math.max(run.tally.resumesAt, resumesAt)
  if (onLongWait === "wait") return
  const detail = `the provider asks to wait until ${new Date(resumesAt).toISOString()}: ${error.detail}`
  const reason = new Denied({ detail, remedy: "run it again then: what was answered is not asked again" })
  return yield* new LlmError({ provider: error.provider, operation: error.operation, reason })
})
