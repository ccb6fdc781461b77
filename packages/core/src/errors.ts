import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export { OutputError } from "./files/OutputError.ts"

/** Input that cannot be used. Says where (source, line, field), what is wrong, and what to do about it. */
export class InputError extends Schema.TaggedError<InputError>()("InputError", {
  /** A file path, URL or a name such as "stdin". */
  source: Schema.String,
  /** 1-based. The default keeps JavaScriptCore's own `Error.line`, the line of the program, from showing through. */
  line: Schema.optional(Schema.Int).pipe(Schema.withConstructorDefault(Effect.succeed(undefined))),
  field: Schema.optionalKey(Schema.String),
  reason: Schema.String,
  remedy: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    const at = this.line === undefined ? this.source : `${this.source}:${this.line}`
    const field = this.field === undefined ? "" : ` ${this.field}:`
    return `${at}:${field} ${this.reason}${inBrackets(this.remedy)}`
  }
}

/** What an error says but for its remedy, to say it again with another. */
export const partsOf = ({ field, line, reason, source }: InputError) => ({
  source,
  reason,
  ...(line === undefined ? {} : { line }),
  ...(field === undefined ? {} : { field })
})

/** An option that is unknown, out of range, or impossible for the data at hand. */
export class OptionError extends Schema.TaggedError<OptionError>()("OptionError", {
  component: Schema.String,
  option: Schema.String,
  reason: Schema.String,
  remedy: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    return `${this.component}: option "${this.option}": ${this.reason}${inBrackets(this.remedy)}`
  }
}

/** The counts of a stage do not add up: something was lost, or made up, on the way. */
export class BalanceError extends Schema.TaggedError<BalanceError>()("BalanceError", {
  stage: Schema.String,
  /** What is counted: "sentences", "annotations". */
  unit: Schema.String,
  in: Schema.Finite,
  out: Schema.Finite,
  dropped: Schema.Record(Schema.String, Schema.Finite)
}) {
  override get message(): string {
    const reasons = Object.entries(this.dropped)
    const dropped = reasons.reduce((sum, [, count]) => sum + count, 0)
    const named = reasons.length === 0 ? "" : ` (${reasons.map(([reason, count]) => `${reason} ${count}`).join(", ")})`
    const sums = `${this.in} in, ${this.out} out, ${dropped} dropped${named}`
    return `${this.stage}: the counts of ${this.unit} do not balance: ${sums}, ${this.in - this.out - dropped} unaccounted for`
  }
}

const inBrackets = (remedy: string | undefined) => (remedy === undefined ? "" : ` (${remedy})`)
