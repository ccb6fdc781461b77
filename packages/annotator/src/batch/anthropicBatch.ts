import type Anthropic from "@anthropic-ai/sdk"
import { Effect, Schema, Stream } from "effect"
import { messageAnswer, messageBody } from "../llm/anthropicMessages.ts"
import { decodeBody } from "../llm/decodeBody.ts"
import type { LlmRequest } from "../llm/Llm.ts"
import { LlmError } from "../llm/LlmError.ts"
import { fromSdk, reasonOfStatus, saidIn, sdkCall, statusIn } from "../llm/sdkErrors.ts"
import type { BatchApi, BatchRow } from "./BatchApi.ts"
import { answered, CLOCK_SLACK_MS } from "./openAiBatch.ts"

export interface AnthropicBatchParts {
  readonly client: Anthropic
  readonly name: string
  readonly secret: string
}

/** Anthropic's Message Batches: requests go up in one body, results come down as JSONL. */
export const anthropicBatch = ({ client, name, secret }: AnthropicBatchParts): BatchApi => {
  const call = <A>(operation: string, make: (signal: AbortSignal) => Promise<A>) =>
    sdkCall(name, operation, secret, make)
  const entry = (request: LlmRequest) => ({ custom_id: request.key, params: messageBody(request) })

  const readRow = (json: unknown): BatchRow => {
    const { custom_id: key, result } = decodeBody(Row, json)
    if (result.type === "succeeded") return answered(name, key, secret, () => messageAnswer(result.message))
    if (result.type === "expired") return { key, outcome: { _tag: "Expired" } }
    if (result.type === "canceled") return { key, outcome: { _tag: "Cancelled" } }
    const reason = reasonOfStatus(statusIn(result.error?.error), saidIn(result.error, "the request failed", secret))
    return { key, outcome: { _tag: "Failed", error: new LlmError({ provider: name, operation: "batch", reason }) } }
  }

  return {
    maxRequests: 100_000,
    maxBytes: 256 * 1024 * 1024,
    size: (request) => Buffer.byteLength(JSON.stringify(entry(request)), "utf8") + 1,
    submit: (tag, requests) =>
      call("submit a batch", async (signal) => {
        const headers = { "Idempotency-Key": tag }
        return (await client.messages.batches.create({ requests: requests.map(entry) }, { signal, headers })).id
      }),
    // These batches carry no mark of ours: one that is ours has the right size, the right time, and is not known yet.
    find: (_, { known, requests, since }) =>
      call("look for a batch", async (signal) => {
        for await (const batch of client.messages.batches.list({ limit: 100 }, { signal })) {
          const { canceled, errored, expired, processing, succeeded } = batch.request_counts
          if (Date.parse(batch.created_at) < since - CLOCK_SLACK_MS) return undefined
          const size = processing + succeeded + errored + canceled + expired
          if (!known.has(batch.id) && size === requests) return batch.id
        }
        return undefined
      }),
    status: Effect.fnUntraced(function* (id: string) {
      const batch = yield* call("look at a batch", (signal) =>
        client.messages.batches.retrieve(id, undefined, { signal })
      )
      const { processing_status, request_counts: counts, results_url } = batch
      const ended = processing_status === "ended"
      if (ended && results_url === null) {
        const reason = reasonOfStatus(404, { detail: "the results of the batch are no longer kept" })
        return yield* new LlmError({ provider: name, operation: "look at a batch", reason })
      }
      const done = counts.succeeded + counts.errored + counts.canceled + counts.expired
      return { state: ended ? "ended" : "running", passing: false, done, total: done + counts.processing }
    }),
    results: (id) =>
      Stream.unwrap(
        Effect.map(
          call("download the batch's results", (signal) => client.messages.batches.results(id, undefined, { signal })),
          (rows) =>
            Stream.fromAsyncIterable<unknown, LlmError>(rows, (cause) =>
              fromSdk(name, "read the batch's results", secret, cause)
            ).pipe(Stream.map(readRow))
        )
      ),
    cancel: (id) =>
      Effect.asVoid(call("cancel a batch", (signal) => client.messages.batches.cancel(id, undefined, { signal })))
  }
}

const Row = Schema.Struct({
  custom_id: Schema.String,
  result: Schema.Struct({
    type: Schema.String,
    message: Schema.optional(Schema.Unknown),
    error: Schema.optional(
      Schema.Struct({
        request_id: Schema.optional(Schema.NullOr(Schema.String)),
        error: Schema.optional(
          Schema.Struct({ type: Schema.optional(Schema.String), message: Schema.optional(Schema.String) })
        )
      })
    )
  })
})
