import { Schema } from "effect"
import type OpenAI from "openai"
import { decodeAnswer } from "./decodeBody.ts"
import { finishOf } from "./finishOf.ts"
import type { LlmAnswer, LlmRequest } from "./Llm.ts"
import { usageIn } from "./usageIn.ts"

export type MaxTokensField = "max_completion_tokens" | "max_tokens"

/** A question as the body of POST /chat/completions. */
export const chatBody = (
  request: LlmRequest,
  maxTokensField: MaxTokensField
): OpenAI.ChatCompletionCreateParamsNonStreaming => ({
  model: request.model,
  messages: request.messages.map(({ role, content }) => ({ role, content })),
  [maxTokensField]: request.maxTokens,
  ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
  ...(request.topP === undefined ? {} : { top_p: request.topP }),
  ...(request.seed === undefined ? {} : { seed: request.seed }),
  ...(request.effort === undefined ? {} : { reasoning_effort: request.effort }),
  ...(request.schema === undefined
    ? {}
    : {
        response_format: {
          type: "json_schema" as const,
          json_schema: { name: request.schema.name, strict: true, schema: request.schema.schema }
        }
      })
})

/** Reasoning models of some servers (Mistral's) answer in parts: those of text are the answer. */
const Part = Schema.Struct({ type: Schema.String, text: Schema.optional(Schema.String) })

/** The part of a chat completion that we read: usage may be absent (Ollama, llama.cpp and vLLM behind some proxies). */
const Completion = Schema.Struct({
  choices: Schema.NonEmptyArray(Schema.Unknown),
  usage: Schema.optional(Schema.Unknown)
})

const Choice = Schema.Struct({
  finish_reason: Schema.optional(Schema.NullOr(Schema.String)),
  message: Schema.Struct({
    content: Schema.optional(Schema.Union([Schema.Null, Schema.String, Schema.Array(Part)])),
    refusal: Schema.optional(Schema.NullOr(Schema.String))
  })
})

export const chatAnswer = (body: unknown): LlmAnswer => {
  const { choices, usage } = decodeAnswer(Completion, body)
  const { message, finish_reason } = decodeAnswer(Choice, choices[0])
  const refused = typeof message.refusal === "string" && message.refusal !== ""
  return {
    text: (refused ? message.refusal : textOf(message.content)) ?? "",
    finish: refused ? "refusal" : finishOf(finish_reason),
    usage: usageIn(usage, ["prompt_tokens"], "completion_tokens")
  }
}

const textOf = (content: string | ReadonlyArray<typeof Part.Type> | null | undefined): string | null | undefined =>
  typeof content === "object" ? content?.map(({ text, type }) => (type === "text" ? text : "")).join("") : content
