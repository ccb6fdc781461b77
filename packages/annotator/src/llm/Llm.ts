import { Context, type Effect } from "effect"
import type { BatchApi } from "../batch/BatchApi.ts"
import type { LlmError } from "./LlmError.ts"

export interface Message {
  readonly role: "system" | "user" | "assistant"
  readonly content: string
}

/** One question to a model, in no provider's dialect. */
export interface LlmRequest {
  /** Content address of the question: idempotency key of a request, `custom_id` in a batch. At most 64 of [A-Za-z0-9_-]. */
  readonly key: string
  readonly model: string
  readonly messages: ReadonlyArray<Message>
  /** Upper bound of the answer's length, in tokens. */
  readonly maxTokens: number
  readonly temperature?: number
  readonly topP?: number
  readonly seed?: number
  /** How long a reasoning model may think. */
  readonly effort?: Effort
  /** Asks for JSON that follows this schema, through the provider's structured output. */
  readonly schema?: JsonSchema
  /** What is being annotated; the `recorded` provider looks its answer up by it. */
  readonly sentence: string
}

export type Effort = "low" | "medium" | "high"

export interface JsonSchema {
  readonly name: string
  readonly schema: Readonly<Record<string, unknown>>
}

export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
}

/** Why the model stopped. */
export type Finish = "stop" | "length" | "refusal" | "content filter"

export interface LlmAnswer {
  /** The answer as received; on a refusal, what the model said instead. */
  readonly text: string
  readonly finish: Finish
  /** null: the endpoint does not tell (some OpenAI-compatible servers). */
  readonly usage: Usage | null
}

export interface LlmShape {
  /** Names the provider in errors, ledger and manifest. */
  readonly provider: string
  /** Options that the provider's API does not have: using one is an error, not silence. */
  readonly lacks?: ReadonlyArray<"temperature" | "topP" | "seed" | "effort">
  /** Asking costs nothing: a budget needs no price. */
  readonly free?: boolean
  /** Interrupting the effect aborts the HTTP request. Never retries by itself. */
  readonly ask: (request: LlmRequest) => Effect.Effect<LlmAnswer, LlmError>
  /** The input tokens of a request, by the provider's own count; free. Absent where it has no such endpoint. */
  readonly countTokens?: (request: LlmRequest) => Effect.Effect<number, LlmError>
  /** Absent where the provider has no batch API. */
  readonly batch?: BatchApi
}

/** The port: what annotation needs of a language model, and nothing more. */
export class Llm extends Context.Service<Llm, LlmShape>()("@nuner/annotator/Llm") {}
