import { Schema } from "effect"
import type { Definition } from "./Definition.ts"

/** One training set, one model, and its scores on the test set: a line of `runs.jsonl`. */
export const Run = Schema.Struct({
  dataset: Schema.String,
  encoder: Schema.String,
  /** Which of the encoder's models, from 0. */
  model: Schema.Natural,
  /** What `size` counts in a training set: at least so many entities of each type ("k"), or so many words. */
  unit: Schema.Literals(["k", "words"]),
  size: Schema.Natural,
  /** Its number among the sets of its size, from 0. */
  set: Schema.Natural,
  trainSentences: Schema.Natural,
  /** In percent. */
  tokenMacroF1: Schema.Finite,
  /** In percent. */
  entityMicroF1: Schema.Finite,
  /** Of a frozen probe: the inverse L2 strength taken, given or chosen. */
  c: Schema.optionalKey(Schema.Finite),
  /** Hash of all that the scores depend on: weights, data, protocol, seed, set. */
  fit: Schema.String
})
export type Run = typeof Run.Type

export type Metric = "tokenMacroF1" | "entityMicroF1"
export const metricNames: Record<Metric, string> = { tokenMacroF1: "token macro F1", entityMicroF1: "entity micro F1" }

/** The metric that the paper reports under a protocol: entities for fine-tuning with k~2k sets, words otherwise. */
export const mainMetric = ({ protocol, words }: Pick<Definition, "protocol" | "words">): Metric =>
  protocol.type === "full" && words === undefined ? "entityMicroF1" : "tokenMacroF1"
