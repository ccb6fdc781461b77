import * as Schema from "effect/Schema"
import { Sentence } from "./Sentence.ts"

/** What the LLM said of one entity: a line `entity <> concept <> description` (NuNER, Figure 2). No position: LLMs cannot count. */
export const Annotation = Schema.Struct({
  entity: Schema.NonEmptyString,
  concept: Schema.NonEmptyString,
  /** Kept in the record; the paper does not train on it (NuNER, section 3.1). */
  description: Schema.optionalKey(Schema.String)
})
export interface Annotation extends Schema.Schema.Type<typeof Annotation> {}

/** A sentence with the LLM's annotations, in the order of the answer. */
export const AnnotatedSentence = Schema.Struct({
  ...Sentence.fields,
  annotations: Schema.Array(Annotation)
})
export interface AnnotatedSentence extends Schema.Schema.Type<typeof AnnotatedSentence> {}
