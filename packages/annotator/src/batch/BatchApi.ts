import type { Effect, Stream } from "effect"
import type { LlmAnswer, LlmRequest } from "../llm/Llm.ts"
import type { LlmError } from "../llm/LlmError.ts"

/** What became of one request of a batch. Rows come in any order, may be missing, may come twice. */
export interface BatchRow {
  readonly key: string
  readonly outcome:
    | { readonly _tag: "Answered"; readonly answer: LlmAnswer }
    | { readonly _tag: "Failed"; readonly error: LlmError }
    | { readonly _tag: "Expired" }
    | { readonly _tag: "Cancelled" }
}

export interface BatchStatus {
  /** `ended`: there may be rows to collect (also of expired and cancelled batches). `invalid`: the provider refused the whole batch. */
  readonly state: "running" | "ended" | "invalid"
  readonly done: number
  readonly total: number
  /** Of an invalid one: the refusal is about the moment or the size, not about the requests. */
  readonly passing: boolean
  readonly detail?: string
}

/** A provider's API for requests that may take hours and cost half. */
export interface BatchApi {
  readonly maxRequests: number
  readonly maxBytes: number
  /** Bytes that this request takes in a batch. */
  readonly size: (request: LlmRequest) => number
  /** @param tag our own id of the batch, by which `find` recognises it after a crash between submitting and remembering. */
  readonly submit: (tag: string, requests: ReadonlyArray<LlmRequest>) => Effect.Effect<string, LlmError>
  /**
   * The provider's id of a batch that was submitted under `tag` at or after `since` (epoch ms), if there is one.
   * `known`: ids that belong to other batches of ours; `requests`: how many requests it had.
   */
  readonly find: (
    tag: string,
    search: { readonly since: number; readonly known: ReadonlySet<string>; readonly requests: number }
  ) => Effect.Effect<string | undefined, LlmError>
  /** A failure with status 404 says that the batch, or what it brought, is no longer there. */
  readonly status: (id: string) => Effect.Effect<BatchStatus, LlmError>
  readonly results: (id: string) => Stream.Stream<BatchRow, LlmError>
  readonly cancel: (id: string) => Effect.Effect<void, LlmError>
}
