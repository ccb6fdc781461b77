import { Schema } from "effect"

/** The ledger could not be read or written. Nothing is sent without it, so the run stops. */
export class LedgerError extends Schema.TaggedError<LedgerError>()("LedgerError", {
  /** Where it lies, without a password. */
  ledger: Schema.String,
  operation: Schema.String,
  detail: Schema.String,
  /** The database's own code, if it gave one. */
  code: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    return `${this.ledger}: ${this.operation}: ${this.detail}`
  }
}
