import type { LabelledSentence } from "@nuner/core"
import { classMacroF1, entityMicro } from "@nuner/metrics"
import { wordFeatures } from "../features/wordFeatures.ts"
import { headLogits, softmaxRows } from "../head/headLogits.ts"
import { typesOf } from "../labels/classes.ts"
import { decode } from "../predict/decode.ts"
import type { ClassifierParts } from "../predict/tokenClassifier.ts"
import type { DevScores } from "./FineTuneEvent.ts"

/** A dev set whose labels are class numbers. */
export interface DevSet {
  readonly sentences: ReadonlyArray<LabelledSentence>
  /** `[words]`, sentence by sentence. */
  readonly labels: Int32Array
}

/** Class logits of the words of a dev set, `[words, classes]`. */
export const devLogits = async (
  { encoder, head, layers, pooling }: Pick<ClassifierParts, "encoder" | "head" | "layers" | "pooling">,
  { sentences }: DevSet,
  batchTokens: number
): Promise<Float32Array> =>
  headLogits(head, (await wordFeatures(encoder, sentences, { layers, pooling, batchTokens })).values)

/** Scores of a dev set from its class logits, which are overwritten. */
export const devScores = (
  logits: Float32Array,
  { sentences, labels }: DevSet,
  { head: { classes }, scheme, transitions }: Pick<ClassifierParts, "head" | "scheme" | "transitions">
): DevScores => {
  const count = classes.length
  const values = softmaxRows(logits, count)
  let loss = 0
  const counted = labels.filter((label) => label >= 0).length
  const best = new Int32Array(labels.length)
  for (const [row, label] of labels.entries()) {
    if (label >= 0) loss -= Math.log(Math.max(values[row * count + label]!, 1e-30)) / counted
    for (let k = 1; k < count; k++) if (values[row * count + k]! > values[row * count + best[row]!]!) best[row] = k
  }
  let at = 0
  const predicted = sentences.map(({ words }) => {
    const from = at
    at += words.length * count
    return { entities: decode(values.subarray(from, at), classes, scheme, transitions) }
  })
  const { f1, precision, recall } = entityMicro(sentences, predicted)
  return { loss, entityF1: f1, precision, recall, tokenF1: classMacroF1(labels, best, typesOf(classes, scheme)) }
}
