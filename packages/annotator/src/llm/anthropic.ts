import Anthropic from "@anthropic-ai/sdk"
import { Redacted, Schema } from "effect"
import { decodeBody } from "./decodeBody.ts"
import type { LlmAnswer, LlmRequest, LlmShape } from "./Llm.ts"
import { sdkCall } from "./sdkErrors.ts"

export interface AnthropicOptions {
  readonly apiKey: Redacted.Redacted<string>
  /** Without `/v1`. Default: https://api.anthropic.com */
  readonly baseUrl?: string
}

/** Anthropic's messages API, at any base URL. The SDK's own retries are off: one policy, ours, decides. */
export const anthropic = (options: AnthropicOptions): LlmShape => {
  const name = "anthropic"
  const secret = Redacted.value(options.apiKey)
  const client = new Anthropic({
    apiKey: secret,
    authToken: null,
    baseURL: options.baseUrl ?? "https://api.anthropic.com",
    maxRetries: 0,
    logLevel: "off"
  })
  return {
    provider: name,
    lacks: ["temperature", "topP", "seed"],
    ask: (request) =>
      sdkCall(name, "ask", secret, async (signal) =>
        messageAnswer(
          name,
          await client.messages.create(messageBody(request), { signal, headers: { "Idempotency-Key": request.key } })
        )
      )
  }
}

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
  usage: Schema.optional(
    Schema.Struct({
      input_tokens: Schema.Natural,
      output_tokens: Schema.Natural,
      cache_creation_input_tokens: Schema.optional(Schema.NullOr(Schema.Natural)),
      cache_read_input_tokens: Schema.optional(Schema.NullOr(Schema.Natural))
    })
  )
})

export const messageAnswer = (provider: string, body: unknown): LlmAnswer => {
  const { content, stop_reason, usage } = decodeBody(provider, MessageBody, body)
  return {
    text: content.map((block) => (block.type === "text" ? (block.text ?? "") : "")).join(""),
    finish:
      stop_reason === "refusal"
        ? "refusal"
        : stop_reason === "max_tokens" || stop_reason === "model_context_window_exceeded"
          ? "length"
          : "stop",
    usage: usage
      ? {
          inputTokens:
            usage.input_tokens + (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0),
          outputTokens: usage.output_tokens
        }
      : null
  }
}
