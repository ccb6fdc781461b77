import { type LabelledSentence, typesIn } from "@nuner/core"
import { countEntities, countWords, EncodedCounts, encodeCounts, scores, type WithEntities } from "@nuner/metrics"
import { Schema } from "effect"
import type { Definition } from "./Definition.ts"
import { units } from "./TrainingSet.ts"

/** One training set, one model, and its scores on the test set: a line of `runs.jsonl`. */
export const Run = Schema.Struct({
  dataset: Schema.String,
  encoder: Schema.String,
  /** Which of the encoder's models, from 0. */
  model: Schema.Natural,
  /** What `size` counts in a training set. */
  unit: Schema.Literals(units),
  size: Schema.Natural,
  /** Its number among the sets of its size, from 0. */
  set: Schema.Natural,
  trainSentences: Schema.Natural,
  /** In percent: macro F1 of `words`, micro F1 of `entities`. */
  tokenMacroF1: Schema.Finite,
  entityMicroF1: Schema.Finite,
  /** By test sentence: words by label, over the types of the test set, and exact entities. */
  words: EncodedCounts,
  entities: EncodedCounts,
  /** Of a frozen probe: the inverse L2 strength taken, given or chosen. */
  c: Schema.optionalKey(Schema.Finite),
  /** Of a frozen probe: the classes that entities were decoded from. */
  scheme: Schema.optionalKey(Schema.Literals(["bare", "BIO"])),
  /** Hash of all that the scores depend on: weights, data, protocol, seed, set. */
  fit: Schema.String
})
export type Run = typeof Run.Type

/** What was predicted of a test set: entities to score words by, and entities to score as such. */
export interface Predicted {
  readonly words: ReadonlyArray<WithEntities>
  readonly entities: ReadonlyArray<WithEntities>
}

/** Scores and counts of predictions on a test set. */
export const scored = (
  test: ReadonlyArray<LabelledSentence>,
  predicted: Predicted
): Pick<Run, "tokenMacroF1" | "entityMicroF1" | "words" | "entities"> => {
  // Over the types of the test set, whatever is predicted: encoders are compared over the same types.
  const words = countWords(test, predicted.words, { types: typesIn(test) })
  const entities = countEntities(test, predicted.entities)
  return {
    tokenMacroF1: 100 * scores(words).macro.f1,
    entityMicroF1: 100 * scores(entities).micro.f1,
    ...{ words: encodeCounts(words), entities: encodeCounts(entities) }
  }
}

export type Metric = "tokenMacroF1" | "entityMicroF1"
export const metricNames: Record<Metric, string> = { tokenMacroF1: "token macro F1", entityMicroF1: "entity micro F1" }

/** The metric that the paper reports under a protocol: entities for fine-tuning with k~2k sets, words otherwise. */
export const mainMetric = ({ protocol, words }: Pick<Definition, "protocol" | "words">): Metric =>
  protocol.type === "full" && words === undefined ? "entityMicroF1" : "tokenMacroF1"
