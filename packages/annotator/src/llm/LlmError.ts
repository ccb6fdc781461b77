import { Schema } from "effect"

/** What a provider said in its own words. */
const said = {
  detail: Schema.String,
  status: Schema.optionalKey(Schema.Int),
  /** Its code, or type, of the error: "rate_limit_exceeded". */
  code: Schema.optionalKey(Schema.String),
  /** What its support asks for. */
  requestId: Schema.optionalKey(Schema.String)
}

/** 429: the provider told us to slow down, and perhaps for how long. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", {
  ...said,
  retryAfterMs: Schema.optionalKey(Schema.Finite)
}) {}

/** 408, 409, 5xx, 529: the provider said that it could not answer just now, or broke the answer off. */
export class Overloaded extends Schema.TaggedError<Overloaded>()("Overloaded", {
  ...said,
  /** The work was begun, and may be charged: 408, 504, 524, an answer that broke off. */
  mayCost: Schema.Boolean,
  retryAfterMs: Schema.optionalKey(Schema.Finite)
}) {}

/** Timeout, reset, no route: nobody answered. */
export class Unreachable extends Schema.TaggedError<Unreachable>()("Unreachable", {
  detail: Schema.String,
  /** The request may have arrived: whether the provider did (and charged) the work is unknown. */
  mayCost: Schema.Boolean
}) {}

/** The provider does not accept this one request (400, 413, 422 ...): sending it again changes nothing. */
export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", said) {}

/** The provider's moderation lets this one request not through (403 that says so, `content_filter`). */
export class Filtered extends Schema.TaggedError<Filtered>()("Filtered", said) {}

/**
 * 401, 402, 403, 404, codes such as `insufficient_quota`, and what cannot even be sent: no request of this run can succeed (key, credit, model
 * name, address).
 * Stops the run.
 */
export class Denied extends Schema.TaggedError<Denied>()("Denied", { ...said, remedy: Schema.String }) {}

/** The response arrived but is not what the provider's API promises (broken JSON, no choices). */
export class Malformed extends Schema.TaggedError<Malformed>()("Malformed", { detail: Schema.String }) {}

/** Why a language model gave no answer; `reason` says what happened, and so whether it is worth another try. */
export class LlmError extends Schema.TaggedError<LlmError>()("LlmError", {
  provider: Schema.String,
  operation: Schema.String,
  reason: Schema.Union([RateLimited, Overloaded, Unreachable, Rejected, Filtered, Denied, Malformed])
}) {
  override get message(): string {
    return `${this.provider}: ${this.operation}: ${this.detail}`
  }
  /** The provider's message, then status, code and request id in brackets, then the remedy if there is one. */
  get detail(): string {
    const { reason } = this
    const { code, requestId, status } = reason as Partial<RateLimited>
    const marks = [status, code, requestId === undefined ? undefined : `request ${requestId}`]
    const shown = marks.filter((mark) => mark !== undefined)
    const remedy = reason._tag === "Denied" ? `: ${reason.remedy}` : ""
    return `${reason.detail}${shown.length === 0 ? "" : ` (${shown.join(", ")})`}${remedy}`
  }
  /** 408, 409, 429, 5xx, 529 and network failures; nothing else. */
  get isRetryable(): boolean {
    return ["RateLimited", "Overloaded", "Unreachable"].includes(this.reason._tag)
  }
  /** No request can succeed: the run stops instead of failing every sentence. */
  get isFatal(): boolean {
    return this.reason._tag === "Denied"
  }
  /** The work may have been done and charged although no answer came: a budget has to assume so. */
  get isAmbiguous(): boolean {
    return this.reason._tag === "Malformed" || ("mayCost" in this.reason && this.reason.mayCost)
  }
  /** Milliseconds that the provider asked us to wait, 0 if it did not say. */
  get retryAfterMs(): number {
    return ("retryAfterMs" in this.reason ? this.reason.retryAfterMs : undefined) ?? 0
  }
}

/** A detail without the id of its request: the same for all that failed in the same way. */
export const withoutRequest = (detail: string): string =>
  detail.replace(/(?:, )?request [^\s,()]+\)/, ")").replace(/ \(\)/, "")
