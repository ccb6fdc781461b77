import { Schema } from "effect"
import type OpenAI from "openai"
import { decodeAnswer } from "./decodeBody.ts"
import { finishOf } from "./finishOf.ts"
import type { LlmAnswer, LlmRequest } from "./Llm.ts"
import { usageIn } from "./usageIn.ts"

/** A question as the body of POST /responses. Nothing is stored at the provider. The API has no seed. */
export const responsesBody = (request: LlmRequest): OpenAI.Responses.ResponseCreateParamsNonStreaming => ({
  model: request.model,
  input: request.messages.map(({ role, content }) => ({ role, content })),
  max_output_tokens: request.maxTokens,
  store: false,
  ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
  ...(request.topP === undefined ? {} : { top_p: request.topP }),
  ...(request.effort === undefined ? {} : { reasoning: { effort: request.effort } }),
  ...(request.schema === undefined
    ? {}
    : {
        text: {
          format: {
            type: "json_schema" as const,
            name: request.schema.name,
            strict: true,
            schema: { ...request.schema.schema }
          }
        }
      })
})

const Part = Schema.Struct({
  type: Schema.String,
  text: Schema.optional(Schema.String),
  refusal: Schema.optional(Schema.String)
})

const ResponseBody = Schema.Struct({
  status: Schema.optional(Schema.NullOr(Schema.String)),
  output: Schema.Array(Schema.Struct({ type: Schema.String, content: Schema.optional(Schema.Array(Part)) })),
  incomplete_details: Schema.optional(Schema.NullOr(Schema.Struct({ reason: Schema.optional(Schema.String) }))),
  usage: Schema.optional(Schema.Unknown)
})

export const responsesAnswer = (body: unknown): LlmAnswer => {
  const { incomplete_details, output, status, usage } = decodeAnswer(ResponseBody, body)
  const parts = output.flatMap((item) => (item.type === "message" ? (item.content ?? []) : []))
  const refusal = parts.find((part) => part.type === "refusal")?.refusal
  const text = parts.map((part) => (part.type === "output_text" ? (part.text ?? "") : "")).join("")
  return {
    text: refusal ?? text,
    finish: refusal !== undefined ? "refusal" : finishOf(incomplete_details?.reason ?? status),
    usage: usageIn(usage, ["input_tokens"], "output_tokens")
  }
}
