import { Entity } from "@nuner/core"
import { Schema } from "effect"

const Count = Schema.Natural

/** How many entities (or spans) are right, predicted, and gold. */
const MatchCounts = Schema.Struct({ correct: Count, predicted: Count, gold: Count })
export interface MatchCounts extends Schema.Schema.Type<typeof MatchCounts> {}

/** The result of one episode: a line of a results file. */
export const EpisodeRecord = Schema.Struct({
  /** Its place among the episodes, from 0. */
  index: Count,
  /** Hash of settings, precision, weights, type names and the episode itself. */
  fingerprint: Schema.NonEmptyString,
  types: Schema.Array(Schema.NonEmptyString),
  /** No span was predicted where `onNoSpan` is "crash": the episode has no score. */
  crashed: Schema.Boolean,
  /** Entities of each query sentence. Under `misalign` a predicted one may reach beyond its sentence. */
  gold: Schema.Array(Schema.Array(Entity)),
  predicted: Schema.Array(Schema.Array(Entity)),
  /** Of entities: start, end and type. */
  counts: MatchCounts,
  /** The same under the other value of `normaliseOverSpans`. */
  otherChoice: MatchCounts,
  /** The same without the query sentences that stand in the support, too (some published files have such). */
  unseen: MatchCounts,
  /** Of the detector's spans, before the filter: start and end. */
  spans: MatchCounts,
  /** Gold spans whose type would be chosen rightly, of those that have a word within `maxTokens`. */
  typing: Schema.Struct({ correct: Count, total: Count }),
  filter: Schema.Struct({
    threshold: Schema.Finite,
    /** Spans that it dropped, and those of them that are no entity. */
    removed: Count,
    rightly: Count
  }),
  /** Updates made in adaptation. */
  steps: Schema.Struct({ detector: Count, classifier: Count }),
  /** Sentences of support and query that were cut off, and that took several windows. */
  truncated: Count,
  windowed: Count,
  /** From the support's first sub-token to the score. */
  seconds: Schema.Finite
})
export interface EpisodeRecord extends Schema.Schema.Type<typeof EpisodeRecord> {}

/** A record without its entities: all that scores need, and a twentieth of the memory. */
export interface EpisodeOutcome extends Omit<EpisodeRecord, "gold" | "predicted"> {}
