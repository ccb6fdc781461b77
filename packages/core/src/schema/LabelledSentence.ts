import * as Schema from "effect/Schema"
import { Span } from "./Span.ts"

/** A typed entity over words `[start, end)` of a labelled sentence. */
export const Entity = Schema.Struct({
  ...Span.fields,
  type: Schema.NonEmptyString
})
export interface Entity extends Schema.Schema.Type<typeof Entity> {}

/**
 * A sentence of a NER dataset: words, and entities over them, sorted by start.
 * `text` and `offsets` are there when the source had running text: word `i` is `text.slice(offsets[i].start, offsets[i].end)`.
 * `ignored` are words that are read and not learned from, as in sets with a fixed number of words of each type (NuNER, section 6).
 */
export const LabelledSentence = Schema.Struct({
  id: Schema.optionalKey(Schema.String),
  words: Schema.Array(Schema.String),
  entities: Schema.Array(Entity),
  text: Schema.optionalKey(Schema.String),
  offsets: Schema.optionalKey(Schema.Array(Span)),
  ignored: Schema.optionalKey(Schema.Array(Schema.Natural))
})
export interface LabelledSentence extends Schema.Schema.Type<typeof LabelledSentence> {}
