import * as Schema from "effect/Schema"

/** A sentence of raw text: the unit that is annotated, aligned and trained on. */
export const Sentence = Schema.Struct({
  /** Unique within its corpus. */
  id: Schema.NonEmptyString,
  text: Schema.String
})
export interface Sentence extends Schema.Schema.Type<typeof Sentence> {}
