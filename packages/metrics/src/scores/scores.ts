import type { Counts } from "../counts/Counts.ts"

export interface Score {
  /** correct / predicted, 0 where nothing is predicted (as scikit-learn and seqeval by default). */
  readonly precision: number
  /** correct / support, 0 where there is no support. */
  readonly recall: number
  /** Their harmonic mean, 0 where both are 0. */
  readonly f1: number
  readonly correct: number
  readonly predicted: number
  /** In gold. */
  readonly support: number
}

export interface Scores {
  /** Counts pooled over types. */
  readonly micro: Score
  /** Means over types, each type alike; 0 where there is no type. */
  readonly macro: { readonly precision: number; readonly recall: number; readonly f1: number }
  /** Types sorted. */
  readonly types: Readonly<Record<string, Score>>
}

/** Precision, recall and F1 of counts. */
export const score = (correct: number, predicted: number, support: number): Score => {
  const precision = predicted === 0 ? 0 : correct / predicted
  const recall = support === 0 ? 0 : correct / support
  const f1 = correct === 0 ? 0 : (2 * correct) / (predicted + support)
  return { precision, recall, f1, correct, predicted, support }
}

/**
 * Precision, recall and F1 of all units together. The macro average is over the types that occur in gold or prediction, as
 * scikit-learn does, unless the counts were made for given types.
 */
export const scores = (counts: Counts): Scores => {
  const types = counts.types.map(() => ({ correct: 0, predicted: 0, gold: 0 }))
  const all = { correct: 0, predicted: 0, gold: 0 }
  for (let i = 0; i < counts.typeOf.length; i++) {
    for (const sum of [types[counts.typeOf[i]!]!, all]) {
      sum.correct += counts.correct[i]!
      sum.predicted += counts.predicted[i]!
      sum.gold += counts.gold[i]!
    }
  }
  const perType = types.map((sum) => score(sum.correct, sum.predicted, sum.gold))
  const mean = (of: (score: Score) => number) =>
    perType.reduce((sum, each) => sum + of(each), 0) / Math.max(1, perType.length)
  return {
    micro: score(all.correct, all.predicted, all.gold),
    macro: { precision: mean((s) => s.precision), recall: mean((s) => s.recall), f1: mean((s) => s.f1) },
    types: Object.fromEntries(counts.types.map((type, t) => [type, perType[t]!]))
  }
}
