import { rng } from "@nuner/core"
import { type Counts, pairedBootstrap } from "@nuner/metrics"
import type { Cell } from "./Cell.ts"

/** Two encoders on the same training sets. */
export interface Comparison {
  /** Mean over sets of `a - b`, in points, and its 95 % percentile interval by resampling sets. */
  readonly difference: number
  readonly low: number
  readonly high: number
  /** Two-sided, see `signFlip`. */
  readonly p: number
  readonly sets: number
}

/** `a - b` on the sets that both have; undefined for fewer than two. */
export const compare = (a: Cell, b: Cell, seed: number): Comparison | undefined => {
  const shared = [...a.sets.keys()].filter((set) => b.sets.has(set))
  if (shared.length < 2) return undefined
  const side = ({ sets }: Cell) => shared.map((set) => asCounts(sets.get(set)!))
  const { difference, high, low } = pairedBootstrap({
    ...{ a: side(a), b: side(b), seed },
    ...{ metric: "microRecall", over: "sets", resamples: 10_000 }
  })
  const p = signFlip(
    shared.map((set) => a.sets.get(set)! - b.sets.get(set)!),
    seed
  )
  return { difference: 100 * difference, low: 100 * low, high: 100 * high, p, sets: shared.length }
}

/** A score in percent as the counts of one unit whose recall it is, so that it can be resampled: exact to 1e-7. */
const asCounts = (score: number): Counts => ({
  ...{ units: 1, types: ["score"], allTypes: true },
  ...{ starts: Int32Array.of(0, 1), typeOf: Int32Array.of(0), predicted: Int32Array.of(0) },
  ...{ correct: Int32Array.of(Math.round(score * 1e7)), gold: Int32Array.of(1e9) }
})

const EXACT = 14

/**
 * Two-sided p of the paired sign-flip test (Fisher 1935): if the systems did not differ, each difference would as well have the other
 * sign; the share of signings whose sum is at least as far from 0. Never below 2^(1 - n): the bootstrap of a few differences that agree
 * in sign says less than that, and too much. Exact for up to 14 differences, of more 16,384 signings are drawn.
 */
export const signFlip = (differences: ReadonlyArray<number>, seed: number): number => {
  const observed = Math.abs(differences.reduce((sum, difference) => sum + difference, 0))
  // Equal but for rounding is at least as far.
  const far = (sum: number) => Math.abs(sum) >= observed - 1e-9
  const n = differences.length
  let extreme = 0
  if (n <= EXACT) {
    for (let signs = 0; signs < 2 ** n; signs++) {
      if (far(differences.reduce((sum, difference, i) => sum + ((signs >> i) & 1 ? -difference : difference), 0)))
        extreme++
    }
    return extreme / 2 ** n
  }
  const random = rng(seed)
  for (let draw = 0; draw < 2 ** EXACT; draw++) {
    if (far(differences.reduce((sum, difference) => sum + (random.next() < 0.5 ? -difference : difference), 0)))
      extreme++
  }
  return (extreme + 1) / (2 ** EXACT + 1)
}
