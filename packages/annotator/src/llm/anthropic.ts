import Anthropic from "@anthropic-ai/sdk"
import { Redacted } from "effect"
import { anthropicBatch } from "../batch/anthropicBatch.ts"
import { messageAnswer, messageBody } from "./anthropicMessages.ts"
import type { LlmShape } from "./Llm.ts"
import { sdkCall, UNHURRIED } from "./sdkErrors.ts"

export interface AnthropicOptions {
  readonly apiKey: Redacted.Redacted<string>
  /** Without `/v1`. Default: https://api.anthropic.com */
  readonly baseUrl?: string
}

/** Anthropic's messages API, at any base URL. The SDK's own retries are off: one policy, ours, decides. */
export const anthropic = (options: AnthropicOptions): LlmShape => {
  const name = "anthropic"
  const secret = Redacted.value(options.apiKey).trim()
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
          await client.messages.create(messageBody(request), {
            signal,
            ...UNHURRIED,
            headers: { "Idempotency-Key": request.key }
          })
        )
      ),
    countTokens: (request) =>
      sdkCall(name, "count tokens", secret, async (signal) => {
        const { max_tokens: _, ...counted } = messageBody(request)
        return (await client.messages.countTokens(counted, { signal })).input_tokens
      }),
    batch: anthropicBatch({ client, name, secret })
  }
}
