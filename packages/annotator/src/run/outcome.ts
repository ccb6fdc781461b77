import { costOf } from "../cost/PriceTable.ts"
import { maxInputTokens } from "../cost/tokens.ts"
import type { Outcome } from "../ledger/Attempts.ts"
import type { LlmAnswer, LlmRequest, Usage } from "../llm/Llm.ts"
import type { LlmError } from "../llm/LlmError.ts"
import { judge } from "../parse/judge.ts"
import type { Run } from "./Run.ts"

/**
 * What an answer means for the ledger. Where the endpoint does not tell its usage, the cost is assumed, on the high side:
 * `atMost` tokens.
 */
export const answerOutcome = (run: Run, answer: LlmAnswer, batched: boolean, atMost: () => Usage): Outcome => {
  const { options, price, prompt } = run
  const verdict = judge(prompt, answer, options.emptyIsNothing)
  return {
    state: verdict.state,
    ...("reason" in verdict ? { reason: verdict.reason } : {}),
    answer: answer.text,
    finish: answer.finish,
    usage: answer.usage,
    cost: price === undefined ? null : costOf(price, answer.usage ?? atMost(), batched),
    assumed: answer.usage === null && price !== undefined && run.llm.free !== true
  }
}

/** The tokens of a request and its answer at most, when nobody counted them. */
export const usageAtMost = (request: LlmRequest, answer: LlmAnswer): Usage => ({
  inputTokens: maxInputTokens(request),
  outputTokens: Math.min(request.maxTokens, Buffer.byteLength(answer.text, "utf8"))
})

/** What a failure means for the ledger: charged as estimated if it may have been charged, else free. */
export const failureOutcome = (error: LlmError, estimate: number): Outcome => ({
  state: error.reason._tag === "Filtered" ? "refused" : "failed",
  reason: FAILURE_REASON[error.reason._tag],
  detail: error.detail,
  usage: null,
  cost: error.isAmbiguous ? estimate : 0,
  assumed: error.isAmbiguous && estimate > 0
})

const FAILURE_REASON = {
  RateLimited: "rate limited",
  Overloaded: "overloaded",
  Unreachable: "unreachable",
  Malformed: "malformed response",
  Rejected: "rejected",
  Filtered: "content filter",
  Denied: "denied"
} as const
