import { quantileT, summarise, twoSidedT } from "@nuner/metrics"
import { type Cell, mean, meanArray } from "./Cell.ts"

/** Two encoders on the same training sets and test sentences. */
export interface Comparison {
  /** Mean over sets of `a - b`, in points, and its 95 % interval by Student's t. */
  readonly difference: number
  readonly low: number
  readonly high: number
  /** Two-sided, of the difference over its standard error, by Student's t. */
  readonly p: number
  readonly sets: number
}

/**
 * `a - b` on the sets that both have; undefined where there are none. Its variance is that of a mean over training sets, known from the n sets
 * with n - 1 degrees of freedom (of an average over datasets for each of them), and that over draws of test sentences, the same for every set
 * and encoder; degrees of freedom of the sum by Satterthwaite (1946). Of a single set only sentences are drawn.
 */
export const compare = (a: Cell, b: Cell): Comparison | undefined => {
  const shared = [...a.sets.keys()].filter((set) => b.sets.has(set))
  if (shared.length === 0) return undefined
  const sets = shared.length
  const difference = mean(shared.map((set) => a.sets.get(set)! - b.sets.get(set)!))
  const [ofA, ofB] = [a.draws(), b.draws()]
  const drawn = meanArray(shared.map((set) => ofA.get(set)!.map((of, draw) => 100 * (of - ofB.get(set)![draw]!))))
  const parts = [...overSets(a, b, shared), { variance: varianceOf([...drawn]), freedom: drawn.length - 1 }].filter(
    ({ variance }) => variance > 0
  )
  if (parts.length === 0) return { difference, low: difference, high: difference, p: Number(difference === 0), sets }
  const variance = parts.reduce((sum, part) => sum + part.variance, 0)
  const freedom = variance ** 2 / parts.reduce((sum, part) => sum + part.variance ** 2 / part.freedom, 0)
  const error = Math.sqrt(variance)
  const reach = quantileT(0.95, freedom) * error
  return {
    ...{ difference, low: difference - reach, high: difference + reach, sets },
    p: twoSidedT(difference / error, freedom)
  }
}

/** A part of a variance, and with how many degrees of freedom it is known. */
interface Part {
  readonly variance: number
  readonly freedom: number
}

/** Of the mean over training sets. */
const overSets = (a: Cell, b: Cell, sets: ReadonlyArray<number>): Array<Part> => {
  const { datasets } = a
  if (datasets === undefined) {
    const differences = sets.map((set) => a.sets.get(set)! - b.sets.get(set)!)
    return [{ variance: varianceOf(differences) / sets.length, freedom: sets.length - 1 }]
  }
  return datasets
    .flatMap((cell, i) => overSets(cell, b.datasets![i]!, sets))
    .map(({ freedom, variance }) => ({ variance: variance / datasets.length ** 2, freedom }))
}

const varianceOf = (values: ReadonlyArray<number>): number => (summarise(values).standardDeviation ?? 0) ** 2
