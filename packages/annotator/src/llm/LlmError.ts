import { Schema } from "effect"

/** 429: the provider told us to slow down, and perhaps for how long. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", {
  retryAfterMs: Schema.optionalKey(Schema.Finite)
}) {}

/** 408, 409, 5xx, 529: the provider said that it could not answer just now. */
export class Overloaded extends Schema.TaggedError<Overloaded>()("Overloaded", {
  status: Schema.Int,
  detail: Schema.String,
  retryAfterMs: Schema.optionalKey(Schema.Finite)
}) {}

/** Timeout, reset, no route: whether the provider did (and charged) the work is unknown. */
export class Unreachable extends Schema.TaggedError<Unreachable>()("Unreachable", { detail: Schema.String }) {}

/** The provider does not accept this one request (400, 413, 422 ...): sending it again changes nothing. */
export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", {
  status: Schema.optionalKey(Schema.Int),
  detail: Schema.String
}) {}

/** 401, 402, 403, 404: no request of this run can succeed (key, credit, model name, address). Stops the run. */
export class Denied extends Schema.TaggedError<Denied>()("Denied", { status: Schema.Int, detail: Schema.String }) {}

/** The response arrived but is not what the provider's API promises (broken JSON, no choices). */
export class Malformed extends Schema.TaggedError<Malformed>()("Malformed", { detail: Schema.String }) {}

/** Why a language model gave no answer; `reason` says what happened, and so whether it is worth another try. */
export class LlmError extends Schema.TaggedError<LlmError>()("LlmError", {
  provider: Schema.String,
  operation: Schema.String,
  reason: Schema.Union([RateLimited, Overloaded, Unreachable, Rejected, Denied, Malformed])
}) {
  override get message(): string {
    return `${this.provider}: ${this.operation}: ${this.detail}`
  }
  get detail(): string {
    const { reason } = this
    if (reason._tag === "RateLimited") return "rate limited (429)"
    const status = "status" in reason && reason.status !== undefined ? ` (${reason.status})` : ""
    const remedy = reason._tag === "Denied" ? ": check the key, the model name and the base URL" : ""
    return `${reason.detail}${status}${remedy}`
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
    return this.reason._tag === "Unreachable" || this.reason._tag === "Malformed"
  }
  /** Milliseconds that the provider asked us to wait, 0 if it did not say. */
  get retryAfterMs(): number {
    return ("retryAfterMs" in this.reason ? this.reason.retryAfterMs : undefined) ?? 0
  }
}
