import { rng } from "@nuner/core"
import { percentile, summarise } from "@nuner/metrics"
import type { Cell } from "./Cell.ts"

/** Two encoders on the same training sets and test sentences. */
export interface Comparison {
  /** Mean over sets of `a - b`, in points, and its 95 % bootstrap interval over test sentences and sets. */
  readonly difference: number
  readonly low: number
  readonly high: number
  /** Two-sided, of the difference over its bootstrap standard error, taken as normal. */
  readonly p: number
  readonly sets: number
}

/**
 * `a - b` on the sets that both have; undefined where there are none. A draw takes test sentences with replacement, the same for every set
 * and encoder, and within them n - 1 of the n sets with replacement: n would make the spread of few sets look too small by (n - 1) / n
 * (Rao & Wu 1988). Of a single set only sentences are drawn.
 */
export const compare = (a: Cell, b: Cell, seed: number): Comparison | undefined => {
  const shared = [...a.sets.keys()].filter((set) => b.sets.has(set))
  if (shared.length === 0) return undefined
  const [ofA, ofB] = [a.draws(), b.draws()]
  const pairs = shared.map((set) => [ofA.get(set)!, ofB.get(set)!] as const)
  const random = rng(seed)
  const chosen = Math.max(1, shared.length - 1)
  const values = pairs[0]![0].map((_, draw) => {
    let sum = 0
    for (let n = 0; n < chosen; n++) {
      const [first, second] = pairs[random.int(pairs.length)]!
      sum += first[draw]! - second[draw]!
    }
    return (100 * sum) / chosen
  })
  const difference = shared.reduce((sum, set) => sum + a.sets.get(set)! - b.sets.get(set)!, 0) / shared.length
  const error = summarise([...values]).standardDeviation!
  values.sort()
  return {
    ...{ difference, low: percentile(values, 0.025), high: percentile(values, 0.975), sets: shared.length },
    p: error === 0 ? Number(difference === 0) : twoSided(Math.abs(difference) / error)
  }
}

/** The chance that a standard normal variable lies further than `z` from 0, to a relative error of 1.2e-7 (Press et al., `erfcc`). */
export const twoSided = (z: number): number => {
  const x = z / Math.SQRT2
  const t = 1 / (1 + x / 2)
  const series = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277
  ].reduceRight((sum, coefficient) => coefficient + t * sum, 0)
  return t * Math.exp(series - x * x)
}
