import { classMacroF1 } from "@nuner/metrics"
import type { WordFeatures } from "../features/selectSentences.ts"
import type { Head } from "../head/Head.ts"
import { headLogits } from "../head/headLogits.ts"
import { foldLogistic, logisticProblem, solveLogistic, unfoldLogistic } from "./logistic.ts"

/** Candidates for C, smallest (strongest penalty) first. */
const grid = [0.01, 0.03, 0.1, 1, 10] as const

export interface ChosenC {
  readonly c: number
  /** Token macro F1 of the held-out words for each C of the grid; empty where the set was too small to divide. */
  readonly heldOut: ReadonlyArray<{ readonly c: number; readonly f1: number }>
}

/** What a set takes that is too small to be divided; the second where there is a prior, which is then worth more than the set (by dev sentences of WNUT17 and MIT Movie). */
const SMALL_SET = { alone: 1, withPrior: 0.03 } as const

/**
 * Chooses C by cross-validation over the training sentences: text `n` is held out in fold `n mod folds`, and scored is the token
 * macro F1 over all held-out words. The smallest C wins that is within one standard error of the best (Breiman et al. 1984; the
 * error by the jackknife over folds): a few dozen sentences cannot tell C = 0.1 from 10, and the stronger penalty is the safer one.
 * No chance, no test score. (Held-out log loss is no guide: most words are of no entity, and it prefers a C at which hardly any
 * other class is predicted.)
 *
 * A set with fewer texts than folds, or whose types stand in fewer than 2.5 texts on average, is not divided:
 * whole types would be held out. It takes C = 1, or 0.03 with a prior.
 *
 * @param labels class numbers of the words, as the rows of `features`
 * @param texts see `textNumbers`
 */
export const chooseC = (
  features: WordFeatures,
  labels: Int32Array,
  types: ReadonlyArray<string>,
  texts: Int32Array,
  {
    folds,
    standardise,
    maxIterations,
    prior
  }: {
    readonly folds: number
    readonly standardise: boolean
    readonly maxIterations: number
    /** What the weights are drawn to. */
    readonly prior?: Head | undefined
  }
): ChosenC => {
  const { starts, values, width } = features
  if (!canBeDivided(starts, labels, types, texts, folds)) {
    return { c: prior === undefined ? SMALL_SET.alone : SMALL_SET.withPrior, heldOut: [] }
  }
  const predicted = grid.map(() => new Int32Array(labels.length))
  // For each fold the labels of all others.
  const kept = Array.from({ length: folds }, () => labels.slice())
  for (let fold = 0; fold < folds; fold++) {
    const held = rowsOf(starts, (sentence) => texts[sentence]! % folds === fold)
    for (const row of held) kept[fold]![row] = -1
    const heldValues = new Float32Array(held.length * width)
    for (const [i, row] of held.entries()) {
      heldValues.set(values.subarray(row * width, (row + 1) * width), i * width)
    }
    const problem = logisticProblem(values, kept[fold]!, types.length, standardise)
    const centre = prior && unfoldLogistic(prior, problem)
    let start: Float64Array<ArrayBuffer> | undefined
    for (const [g, c] of grid.entries()) {
      const fit = solveLogistic(problem, c, { maxIterations, tolerance: 1e-3 }, start, centre)
      start = fit.point // the next C begins where this one ended
      const logits = headLogits(foldLogistic(fit, problem, types), heldValues)
      for (const [i, row] of held.entries()) predicted[g]![row] = argmax(logits, i * types.length, types.length)
    }
    problem.x.dispose()
  }
  const heldOut = grid.map((c, g) => ({ c, f1: classMacroF1(labels, predicted[g]!, types) }))
  const best = heldOut.reduce((best, { f1 }, g) => (f1 > heldOut[best]!.f1 ? g : best), 0)
  const without = kept.map((others) => classMacroF1(others, predicted[best]!, types))
  const enough = heldOut[best]!.f1 - jackknifeError(without)
  return { c: heldOut.find(({ f1 }) => f1 >= enough)!.c, heldOut }
}

/** Standard error of a score from its values with one part left out each. */
const jackknifeError = (without: ReadonlyArray<number>): number => {
  const n = without.length
  const mean = without.reduce((sum, value) => sum + value, 0) / n
  return Math.sqrt(((n - 1) / n) * without.reduce((sum, value) => sum + (value - mean) ** 2, 0))
}

/** Whether cross-validation says anything: of smaller sets it would hold out whole types. */
export const canBeDivided = (
  starts: Int32Array,
  labels: Int32Array,
  types: ReadonlyArray<string>,
  texts: Int32Array,
  folds: number
): boolean => new Set(texts).size >= folds && textsPerType(starts, labels, types, texts) >= 2.5

/** In how many texts a type stands, on average over the types that stand in any. */
const textsPerType = (
  starts: Int32Array,
  labels: Int32Array,
  types: ReadonlyArray<string>,
  texts: Int32Array
): number => {
  const found = new Map<string, Set<number>>()
  for (const [i, text] of texts.entries()) {
    for (const label of labels.subarray(starts[i]!, starts[i + 1]!)) {
      const type = types[label] ?? "" // none of an ignored word
      if (type !== "") found.set(type, (found.get(type) ?? new Set()).add(text))
    }
  }
  let sum = 0
  for (const { size } of found.values()) sum += size
  return sum / Math.max(1, found.size)
}

export const rowsOf = (starts: Int32Array, take: (sentence: number) => boolean): Array<number> => {
  const rows: Array<number> = []
  for (let i = 0; i + 1 < starts.length; i++) {
    if (take(i)) for (let row = starts[i]!; row < starts[i + 1]!; row++) rows.push(row)
  }
  return rows
}

const argmax = (values: Float32Array, from: number, count: number): number => {
  let found = 0
  for (let k = 1; k < count; k++) if (values[from + k]! > values[from + found]!) found = k
  return found
}
