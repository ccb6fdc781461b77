import { Effect, Schema, Stream } from "effect"
import type OpenAI from "openai"
import { toFile } from "openai"
import { decodeBody } from "../llm/decodeBody.ts"
import type { LlmAnswer, LlmRequest } from "../llm/Llm.ts"
import { LlmError } from "../llm/LlmError.ts"
import { fromSdk, reasonOfStatus, type Said, saidIn, sdkCall } from "../llm/sdkErrors.ts"
import type { BatchApi, BatchRow } from "./BatchApi.ts"
import { jsonLines } from "./jsonLines.ts"

export interface OpenAiBatchParts {
  readonly client: OpenAI
  readonly name: string
  readonly secret: string
  /** Of the endpoint that answers the requests, without `/v1`. */
  readonly path: string
  readonly body: (request: LlmRequest) => unknown
  readonly answer: (body: unknown) => LlmAnswer
}

const TAG = "nuner_batch"

/** OpenAI's Batch API: a file of requests goes up, files of answers and of errors come down. */
export const openAiBatch = ({ answer, body, client, name, path, secret }: OpenAiBatchParts): BatchApi => {
  const call = <A>(operation: string, make: (signal: AbortSignal) => Promise<A>) =>
    sdkCall(name, operation, secret, make)
  const url = `/v1${path}` as "/v1/chat/completions" | "/v1/responses"
  const line = (request: LlmRequest): string =>
    `${JSON.stringify({ custom_id: request.key, method: "POST", url, body: body(request) })}\n`

  const file = (id: string | null | undefined): Stream.Stream<BatchRow, LlmError> =>
    // Some servers that copy the API say "" where there is none.
    typeof id !== "string" || id === ""
      ? Stream.empty
      : Stream.unwrap(
          Effect.map(
            call("download the batch's results", (signal) => client.files.content(id, { signal })),
            (response) =>
              jsonLines(response, (cause) => fromSdk(name, "read the batch's results", secret, cause)).pipe(
                Stream.map((row) => readRow(row))
              )
          )
        )

  const readRow = (json: unknown): BatchRow => {
    const { custom_id: key, error, response } = decodeBody(Row, json)
    const fail = (status: number, said: Said): BatchRow => ({
      key,
      outcome: {
        _tag: "Failed",
        error: new LlmError({ provider: name, operation: "batch", reason: reasonOfStatus(status, said) })
      }
    })
    if (error?.code === "batch_expired") return { key, outcome: { _tag: "Expired" } }
    if (error?.code === "batch_cancelled") return { key, outcome: { _tag: "Cancelled" } }
    if (!response) return fail(500, saidIn(error, "no response", secret))
    if (response.status_code !== 200) {
      const otherwise = JSON.stringify(response.body ?? null).slice(0, 300)
      return fail(response.status_code, saidIn(response.body, otherwise, secret, response.request_id))
    }
    return answered(name, key, secret, () => answer(response.body))
  }

  return {
    maxRequests: 50_000,
    maxBytes: 200 * 1024 * 1024,
    size: (request) => Buffer.byteLength(line(request), "utf8"),
    submit: (tag, requests) =>
      call("submit a batch", async (signal) => {
        const headers = { "Idempotency-Key": tag }
        const upload = await toFile(new Blob(requests.map(line)), `${tag}.jsonl`)
        const { id } = await client.files.create({ file: upload, purpose: "batch" }, { signal })
        const batch = await client.batches.create(
          { input_file_id: id, endpoint: url, completion_window: "24h", metadata: { [TAG]: tag } },
          { signal, headers }
        )
        return batch.id
      }),
    find: (tag, { since }) =>
      call("look for a batch", async (signal) => {
        for await (const batch of client.batches.list({ limit: 100 }, { signal })) {
          if (batch.metadata?.[TAG] === tag) return batch.id
          if (batch.created_at * 1000 < since - CLOCK_SLACK_MS) return undefined
        }
        return undefined
      }),
    status: (id) =>
      Effect.map(
        call("look at a batch", (signal) => client.batches.retrieve(id, { signal })),
        ({ errors, request_counts, status }) => {
          const words = errors?.data?.map(({ code, message }) =>
            [message, code && `(${code})`].filter(Boolean).join(" ")
          )
          const detail = words?.join("; ")
          return {
            state:
              status === "failed"
                ? ("invalid" as const)
                : ["completed", "expired", "cancelled"].includes(status)
                  ? ("ended" as const)
                  : ("running" as const),
            done: (request_counts?.completed ?? 0) + (request_counts?.failed ?? 0),
            total: request_counts?.total ?? 0,
            passing: errors?.data?.some(({ code, message }) => PASSING.test(`${code} ${message}`)) === true,
            ...(detail === undefined || detail === "" ? {} : { detail: saidIn({ message: detail }, "", secret).detail })
          }
        }
      ),
    results: (id) =>
      Stream.unwrap(
        Effect.map(
          call("look at a batch", (signal) => client.batches.retrieve(id, { signal })),
          (batch) => Stream.concat(file(batch.output_file_id), file(batch.error_file_id))
        )
      ),
    cancel: (id) => Effect.asVoid(call("cancel a batch", (signal) => client.batches.cancel(id, { signal })))
  }
}

/** Why a batch is refused as a whole although nothing is wrong with it: the queue is full, or the provider stumbled. */
const PASSING = /token_limit_exceeded|enqueued token|rate_limit|server_error|internal_error|overloaded|try again/i

/** Our clock and the provider's may differ by so much. */
export const CLOCK_SLACK_MS = 600_000

const Row = Schema.Struct({
  custom_id: Schema.String,
  response: Schema.optional(
    Schema.NullOr(
      Schema.Struct({
        status_code: Schema.Int,
        body: Schema.optional(Schema.Unknown),
        request_id: Schema.optional(Schema.NullOr(Schema.String))
      })
    )
  ),
  error: Schema.optional(
    Schema.NullOr(
      Schema.Struct({
        code: Schema.optional(Schema.NullOr(Schema.String)),
        message: Schema.optional(Schema.NullOr(Schema.String))
      })
    )
  )
})

/** A row's answer; if it cannot be read, the row failed, and only the row. */
export const answered = (provider: string, key: string, secret: string, read: () => LlmAnswer): BatchRow => {
  try {
    return { key, outcome: { _tag: "Answered", answer: read() } }
  } catch (cause) {
    return { key, outcome: { _tag: "Failed", error: fromSdk(provider, "batch", secret, cause) } }
  }
}
