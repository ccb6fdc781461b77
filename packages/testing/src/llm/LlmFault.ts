/** What a fake language model does instead of answering well. */
export type LlmFault =
  /** 429; `retryAfterMs` goes out as `retry-after-ms`, `retryAfterSeconds` as `retry-after`. */
  | { readonly type: "rate limit"; readonly retryAfterMs?: number; readonly retryAfterSeconds?: number }
  /** 400, 401, 408, 409, 429, 500, 503, 529 ...: not charged. */
  | { readonly type: "status"; readonly status: number; readonly code?: string; readonly message?: string }
  /** Never answers, until the server stops. */
  | { readonly type: "hang" }
  /** Does the work, charges it, and breaks the connection in the middle of the body. */
  | { readonly type: "reset" }
  /** Does the work, charges it, and sends a body that is not JSON. */
  | { readonly type: "malformed" }
  | { readonly type: "refusal" }
  /** Stops at the token limit, in the middle of a line. */
  | { readonly type: "length" }
  | { readonly type: "content filter" }
  | { readonly type: "text"; readonly text: string }

/** What a fake batch API does to a batch. */
export interface BatchFault {
  /** Results that come twice, and results that never come: how many of the first. */
  readonly duplicateRows?: number
  readonly missingRows?: number
  /** Requests that end as errors (a 500 inside of the batch), and that are not done when the batch expires. */
  readonly erroredRows?: number
  readonly expiredRows?: number
  /** The code and message of rows that end as errors. Default: a 500, "scripted" */
  readonly rowError?: { readonly status: number; readonly code: string; readonly message: string }
  /** The provider refuses the batch as a whole, after having taken it. */
  readonly invalid?: boolean
  /** The provider refuses batches of more requests than these, after having taken them: its queue is full. OpenAI only. */
  readonly mostRequests?: number
  /** `error_file_id` is "", where there is none. OpenAI only. */
  readonly emptyErrorFile?: boolean
  /** The batch ended, and its results are no longer kept. Anthropic only. */
  readonly noResults?: boolean
  /** The batch is made, but the connection breaks before the client learns its id. */
  readonly loseConfirmation?: boolean
}
