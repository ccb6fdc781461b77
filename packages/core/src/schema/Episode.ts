import * as Schema from "effect/Schema"
import { LabelledSentence } from "./LabelledSentence.ts"

/** An N-way K~2K few-shot problem (Few-NERD): adapt on the support set, score on the query set. */
export const Episode = Schema.Struct({
  types: Schema.Array(Schema.NonEmptyString),
  support: Schema.Array(LabelledSentence),
  query: Schema.Array(LabelledSentence)
})
export interface Episode extends Schema.Schema.Type<typeof Episode> {}
