import * as Schema from "effect/Schema"

/** A half-open interval `[start, end)`. Of UTF-16 code units in a text, or of words in a list: the field that holds it says which. */
export const Span = Schema.Struct({
  start: Schema.Natural,
  end: Schema.Natural
})
export interface Span extends Schema.Schema.Type<typeof Span> {}
