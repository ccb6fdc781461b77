import type { Rng } from "@nuner/core"
import type { Problem } from "./Problem.ts"
import { Tally } from "./Tally.ts"

/** As much of a problem as a pass needs. */
export type Passable = Pick<Problem, "pool" | "wanted" | "low" | "high" | "candidates">

/**
 * One pass over the candidates in random order, taking each that helps a type below `low` and takes none over `high`, until every type
 * has enough. The sampler of Ding et al. (2021) draws from the candidates over and over; since a sentence that it rejects once it rejects
 * for good (counts only grow), one pass has the same distribution, and it ends: `undefined` where that sampler would run for ever.
 *
 * @param taken sentences that may not be chosen: those of an episode's other side
 * @returns sentences, ascending
 */
export const randomPass = (
  { pool, wanted, low, high, candidates }: Passable,
  rng: Rng,
  taken: ReadonlyArray<number> = []
): Array<number> | undefined => {
  const order = candidates.slice()
  const others = new Set(taken)
  const tally = new Tally(pool)
  for (let n = 0; n < order.length; n++) {
    const m = n + rng.int(order.length - n)
    const sentence = order[m]!
    order[m] = order[n]!
    if (!tally.fits(sentence, high) || !tally.helps(sentence, low) || others.has(sentence)) continue
    tally.add(sentence)
    if (wanted.every((type) => tally.counts[type]! >= low)) return tally.chosen.sort((a, b) => a - b)
  }
  return undefined
}
