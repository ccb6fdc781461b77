import { quantileT, summarise, twoSidedT } from "@nuner/metrics"
import type { Cell } from "./Cell.ts"

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
 * with n - 1 degrees of freedom, and that over draws of test sentences, the same for every set and encoder; degrees of freedom of
 * the sum by Satterthwaite (1946). Of a single set only sentences are drawn.
 */
export const compare = (a: Cell, b: Cell): Comparison | undefined => {
  const shared = [...a.sets.keys()].filter((set) => b.sets.has(set))
  if (shared.length === 0) return undefined
  const sets = shared.length
  const { mean: difference, standardDeviation = 0 } = summarise(
    shared.map((set) => a.sets.get(set)! - b.sets.get(set)!)
  )
  const [ofA, ofB] = [a.draws(), b.draws()]
  const sums = new Float64Array(ofA.get(shared[0]!)!.length)
  for (const set of shared) {
    const [first, second] = [ofA.get(set)!, ofB.get(set)!]
    for (let draw = 0; draw < sums.length; draw++) sums[draw]! += (100 * (first[draw]! - second[draw]!)) / sets
  }
  const parts = [
    { variance: standardDeviation ** 2 / sets, freedom: sets - 1 },
    { variance: (summarise([...sums]).standardDeviation ?? 0) ** 2, freedom: sums.length - 1 }
  ].filter(({ variance }) => variance > 0)
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
