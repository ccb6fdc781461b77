import * as Schema from "effect/Schema"
import { Sentence } from "./Sentence.ts"
import { Span } from "./Span.ts"

/** A concept at a place in a text: `text.slice(start, end)`, in UTF-16 code units. */
export const Mention = Schema.Struct({
  ...Span.fields,
  concept: Schema.NonEmptyString,
  /** What the LLM said of the entity; of several annotations with this place and concept, the first. */
  description: Schema.optionalKey(Schema.String),
  /** How the place was found: by exact match, or after Unicode/case/quote/white-space normalisation. */
  match: Schema.Literals(["exact", "normalised"])
})
export interface Mention extends Schema.Schema.Type<typeof Mention> {}

/** An annotation that has no place in its sentence, and why. */
export const Unaligned = Schema.Struct({
  entity: Schema.String,
  concept: Schema.String,
  description: Schema.optionalKey(Schema.String),
  reason: Schema.NonEmptyString
})
export interface Unaligned extends Schema.Schema.Type<typeof Unaligned> {}

/** A sentence with its concepts located: what the contrastive trainer reads. Mentions are sorted by start, then end, then concept. */
export const AlignedSentence = Schema.Struct({
  ...Sentence.fields,
  mentions: Schema.Array(Mention),
  unaligned: Schema.optionalKey(Schema.Array(Unaligned))
})
export interface AlignedSentence extends Schema.Schema.Type<typeof AlignedSentence> {}
