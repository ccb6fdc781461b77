import type Anthropic from "@anthropic-ai/sdk"
import { Schema } from "effect"
import { decodeAnswer } from "./decodeBody.ts"
import { finishOf } from "./finishOf.ts"
import type { LlmAnswer, LlmRequest } from "./Llm.ts"
import { usageIn } from "./usageIn.ts"

/** A question as the body of POST /v1/messages. System messages are a field of their own there; the API has no temperature, top-p or seed. */
export const messageBody = (request: LlmRequest): Anthropic.MessageCreateParamsNonStreaming => {
  const system = request.messages.filter((m) => m.role === "system").map((m) => m.content)
  return {
    model: request.model,
    max_tokens: request.maxTokens,
    messages: request.messages.flatMap(({ role, content }) => (role === "system" ? [] : [{ role, content }])),
    ...(system.length === 0 ? {} : { system: system.join("\n\n") }),
    ...(request.schema === undefined && request.effort === undefined ? {} : { output_config: outputConfig(request) })
  }
}

const outputConfig = ({ effort, schema }: LlmRequest): Anthropic.OutputConfig => ({
  ...(effort === undefined ? {} : { effort }),
  ...(schema === undefined ? {} : { format: { type: "json_schema" as const, schema: { ...schema.schema } } })
})

const MessageBody = Schema.Struct({
  content: Schema.Array(Schema.Struct({ type: Schema.String, text: Schema.optional(Schema.String) })),
  stop_reason: Schema.NullOr(Schema.String),
  usage: Schema.optional(Schema.Unknown)
})

export const messageAnswer = (body: unknown): LlmAnswer => {
  const { content, stop_reason, usage } = decodeAnswer(MessageBody, body)
  return {
    text: content.map((block) => (block.type === "text" ? (block.text ?? "") : "")).join(""),
    finish: finishOf(stop_reason),
    usage: usageIn(usage, INPUT, "output_tokens")
  }
}

/** What was read from a cache, or put into it, stands apart. */
const INPUT = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"] as const
