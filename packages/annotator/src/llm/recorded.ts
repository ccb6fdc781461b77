import { InputError, jsonOf } from "@nuner/core"
import { Effect } from "effect"
import type { LlmShape } from "./Llm.ts"
import { LlmError, Rejected } from "./LlmError.ts"

export interface RecordedAnswer {
  readonly id?: string
  readonly text: string
  readonly response: string
}

/** Answers from a record instead of a model, matched by the sentence's text. The rest of the code path is the same. */
export const recorded = (answers: Iterable<RecordedAnswer>): LlmShape => {
  const byText = new Map<string, string>()
  for (const { response, text } of answers) byText.set(text, response)
  return {
    provider: "recorded",
    free: true,
    ask: ({ sentence }) => {
      const response = byText.get(sentence)
      return response === undefined
        ? Effect.fail(
            new LlmError({
              provider: "recorded",
              operation: "ask",
              reason: new Rejected({ detail: "no recorded answer for this sentence" })
            })
          )
        : Effect.succeed({ text: response, finish: "stop", usage: null })
    }
  }
}

/** Reads answers from JSONL, one `{"id"?, "text", "response"}` a line. @throws InputError naming file, line and field */
export const readRecordedAnswers = async (path: string): Promise<Array<RecordedAnswer>> => {
  const file = Bun.file(path)
  if (!(await file.exists()))
    throw new InputError({ source: path, reason: "there is no such file of recorded answers" })
  const answers: Array<RecordedAnswer> = []
  for (const [index, line] of (await file.text()).split(/\r?\n/).entries()) {
    if (line.trim() !== "") answers.push(readAnswer(path, index + 1, line))
  }
  return answers
}

const readAnswer = (source: string, line: number, json: string): RecordedAnswer => {
  const { id, response, text } = (jsonOf(json, { source, line }) ?? {}) as Record<string, unknown>
  for (const [field, content] of Object.entries({ text, response })) {
    if (typeof content !== "string") throw new InputError({ source, line, field, reason: "expected a string" })
  }
  return { text: String(text), response: String(response), ...(typeof id === "string" ? { id } : {}) }
}
