import { Redacted } from "effect"
import OpenAI from "openai"
import { openAiBatch } from "../batch/openAiBatch.ts"
import type { LlmRequest, LlmShape } from "./Llm.ts"
import { chatAnswer, chatBody, type MaxTokensField } from "./openAiChat.ts"
import { responsesAnswer, responsesBody } from "./openAiResponses.ts"
import { sdkCall, UNHURRIED } from "./sdkErrors.ts"

export interface OpenAiOptions {
  readonly apiKey: Redacted.Redacted<string>
  /** With `/v1`. Default: https://api.openai.com/v1 */
  readonly baseUrl?: string
  /** Which of OpenAI's two APIs. Default: chat */
  readonly api?: "chat" | "responses"
  /** Name of the chat API's bound on the answer: servers that copy the API know only `max_tokens`. Default: max_completion_tokens */
  readonly maxTokensField?: MaxTokensField
  /** Whether the endpoint has files and batches. Default: true */
  readonly batch?: boolean
  /** Default: openai */
  readonly name?: string
}

/** OpenAI, or any server that speaks its chat completions API. The SDK's own retries are off: one policy, ours, decides. */
export const openai = (options: OpenAiOptions): LlmShape => {
  const { api = "chat", baseUrl, batch = true, maxTokensField = "max_completion_tokens", name = "openai" } = options
  const secret = Redacted.value(options.apiKey).trim()
  const client = new OpenAI({
    apiKey: secret,
    baseURL: baseUrl ?? "https://api.openai.com/v1",
    organization: null,
    project: null,
    maxRetries: 0,
    logLevel: "off"
  })
  const dialect =
    api === "chat"
      ? { path: "/chat/completions", body: (r: LlmRequest) => chatBody(r, maxTokensField), answer: chatAnswer }
      : { path: "/responses", body: responsesBody, answer: responsesAnswer }
  return {
    provider: name,
    ...(api === "responses" ? { lacks: ["seed"] } : {}),
    ask: (request) =>
      sdkCall(name, "ask", secret, async (signal) =>
        dialect.answer(
          await client.post<unknown>(dialect.path, {
            body: dialect.body(request),
            signal,
            ...UNHURRIED,
            headers: { "Idempotency-Key": request.key }
          })
        )
      ),
    ...(batch ? { batch: openAiBatch({ client, name, secret, ...dialect }) } : {})
  }
}
