import { Schema } from "effect"
import type OpenAI from "openai"
import { decodeBody } from "./decodeBody.ts"
import type { Finish, LlmAnswer, LlmRequest } from "./Llm.ts"

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

/** The part of a chat completion that we read: usage may be absent (Ollama, llama.cpp and vLLM behind some proxies). */
const Completion = Schema.Struct({
  choices: Schema.NonEmptyArray(
    Schema.Struct({
      finish_reason: Schema.optional(Schema.NullOr(Schema.String)),
      message: Schema.Struct({
        content: Schema.optional(Schema.NullOr(Schema.String)),
        refusal: Schema.optional(Schema.NullOr(Schema.String))
      })
    })
  ),
  usage: Schema.optional(
    Schema.NullOr(Schema.Struct({ prompt_tokens: Schema.Natural, completion_tokens: Schema.optional(Schema.Natural) }))
  )
})

export const chatAnswer = (provider: string, body: unknown): LlmAnswer => {
  const { choices, usage } = decodeBody(provider, Completion, body)
  const [{ message, finish_reason }] = choices
  const refused = typeof message.refusal === "string" && message.refusal !== ""
  const finish: Finish = refused
    ? "refusal"
    : finish_reason === "length"
      ? "length"
      : finish_reason === "content_filter"
        ? "content filter"
        : "stop"
  return {
    text: (refused ? message.refusal : message.content) ?? "",
    finish,
    usage: usage ? { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens ?? 0 } : null
  }
}
