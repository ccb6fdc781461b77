import { tf } from "@nuner/engine"
import type { WordFeatures } from "../features/selectSentences.ts"
import { headLogits } from "../head/headLogits.ts"
import { tokenMacroF1 } from "../score/tokenF1.ts"
import { foldLogistic, logisticProblem, solveLogistic } from "./logistic.ts"

/** Candidates for C, weakest first. */
export const grid = [0.01, 0.1, 1, 10] as const

export interface ChosenC {
  readonly c: number
  /** Token macro F1 of the held-out words for each C of the grid; empty where the set was too small to divide. */
  readonly heldOut: ReadonlyArray<{ readonly c: number; readonly f1: number }>
}

/**
 * Chooses C by cross-validation over the training sentences: sentence `i` is held out in fold `i mod folds`; the best token macro F1
 * over all held-out words wins, of equals the smaller C. No chance, no test score. A set with fewer than
 * `folds` sentences is not divided: `fallback`.
 *
 * @param labels class numbers of the words, as the rows of `features`
 */
export const chooseC = (
  features: WordFeatures,
  labels: Int32Array,
  types: ReadonlyArray<string>,
  {
    folds,
    fallback,
    standardise,
    maxIterations
  }: {
    readonly folds: number
    readonly fallback: number
    readonly standardise: boolean
    readonly maxIterations: number
  }
): ChosenC => {
  const sentences = features.starts.length - 1
  if (sentences < folds) return { c: fallback, heldOut: [] }
  const foldOf = new Int32Array(labels.length)
  for (let i = 0; i < sentences; i++) foldOf.fill(i % folds, features.starts[i]!, features.starts[i + 1]!)
  const predicted = grid.map(() => new Int32Array(labels.length))
  for (let fold = 0; fold < folds; fold++) {
    const kept = labels.map((label, i) => (foldOf[i] === fold ? -1 : label))
    const problem = logisticProblem(features.values, kept, types.length, standardise)
    let start: Float64Array<ArrayBuffer> | undefined
    for (const [g, c] of grid.entries()) {
      const fit = solveLogistic(problem, c, { maxIterations, tolerance: 1e-3 }, start)
      start = fit.point // the next C begins where this one ended
      const logits = headLogits(foldLogistic(fit, problem, types), features.values)
      for (let i = 0; i < labels.length; i++) {
        if (foldOf[i] === fold) predicted[g]![i] = argmax(logits, i * types.length, types.length)
      }
    }
    tf.dispose([problem.x, problem.y])
  }
  const heldOut = grid.map((c, g) => ({ c, f1: tokenMacroF1(labels, predicted[g]!, types) }))
  const best = heldOut.reduce((a, b) => (b.f1 > a.f1 ? b : a))
  return { c: best.c, heldOut }
}

const argmax = (values: Float32Array, from: number, count: number): number => {
  let found = 0
  for (let k = 1; k < count; k++) if (values[from + k]! > values[from + found]!) found = k
  return found
}
