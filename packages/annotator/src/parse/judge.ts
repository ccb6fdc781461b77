import type { LlmAnswer } from "../llm/Llm.ts"
import type { Prompt } from "../prompt/Prompt.ts"
import type { Parsed } from "./Parsed.ts"
import { withoutReasoning } from "./withoutReasoning.ts"

/** Why an answer that arrived is no annotation. */
export type AnswerReason = "refusal" | "content filter" | "truncated" | "empty" | "unparsable"

export type Judgement =
  | { readonly state: "answered"; readonly parsed: Parsed }
  | { readonly state: "failed" | "refused"; readonly reason: AnswerReason; readonly parsed: Parsed }

/**
 * Tells a usable answer from the others. A pure function of the raw answer, which the ledger keeps: a better parser
 * reads old answers again without asking anything.
 *
 * What a reasoning model thought aloud is removed first.
 *
 * @param emptyIsNothing an empty answer means "nothing to label" instead of a failure.
 */
export const judge = (
  prompt: Prompt,
  answer: Pick<LlmAnswer, "text" | "finish">,
  emptyIsNothing: boolean
): Judgement => {
  const text = withoutReasoning(answer.text)
  const read = prompt.parse(text)
  const parsed: Parsed =
    text === answer.text ? read : { ...read, salvaged: ["reasoning removed", ...(read.salvaged ?? [])] }
  if (answer.finish === "refusal") return { state: "refused", reason: "refusal", parsed }
  if (answer.finish === "content filter") return { state: "refused", reason: "content filter", parsed }
  if (answer.finish === "length") return { state: "failed", reason: "truncated", parsed }
  if (isEmpty(text, parsed)) {
    return emptyIsNothing
      ? { state: "answered", parsed: { annotations: [], rejected: [], ignored: parsed.ignored } }
      : { state: "failed", reason: "empty", parsed }
  }
  if (parsed.annotations.length === 0 && parsed.rejected.length > 0)
    return { state: "failed", reason: "unparsable", parsed }
  return { state: "answered", parsed }
}

/** Nothing but white space and code fences. An empty JSON list is not empty: it says that there is nothing. */
const isEmpty = (text: string, { annotations, rejected, ignored }: Parsed): boolean =>
  text.trim() === "" || (annotations.length === 0 && rejected.length === 0 && ignored > 0)
