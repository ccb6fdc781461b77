import { Schema } from "effect"

/** Input that cannot be used. Says where (source, line, field), what is wrong, and what to do about it. */
export class InputError extends Schema.TaggedError<InputError>()("InputError", {
  /** A file path, URL or a name such as "stdin". */
  source: Schema.String,
  /** 1-based. */
  line: Schema.optionalKey(Schema.Int),
  field: Schema.optionalKey(Schema.String),
  reason: Schema.String,
  remedy: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    const at = this.line === undefined ? this.source : `${this.source}:${this.line}`
    const field = this.field === undefined ? "" : ` ${this.field}:`
    return `${at}:${field} ${this.reason}${this.remedy === undefined ? "" : ` (${this.remedy})`}`
  }
}

/** An option that is unknown, out of range, or impossible for the data at hand. */
export class OptionError extends Schema.TaggedError<OptionError>()("OptionError", {
  component: Schema.String,
  option: Schema.String,
  reason: Schema.String,
  remedy: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    return `${this.component}: option "${this.option}": ${this.reason}${this.remedy === undefined ? "" : ` (${this.remedy})`}`
  }
}
