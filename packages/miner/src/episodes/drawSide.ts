import type { Rng } from "@nuner/core"
import type { Problem } from "../search/Problem.ts"
import { Tally } from "../search/Tally.ts"

/**
 * One pass over the candidates in random order, taking each that helps a type and takes none over the limit, until every type has
 * enough. Few-NERD's sampler draws from the candidates over and over; since a sentence that it rejects once it rejects for good
 * (counts only grow), one pass has the same distribution, and it ends: `undefined` where that sampler would run for ever.
 *
 * @returns sentences, ascending
 */
export const drawSide = ({ pool, wanted, low, high, candidates }: Problem, rng: Rng): Array<number> | undefined => {
  const order = candidates.slice()
  const tally = new Tally(pool)
  let short = wanted.length
  for (let n = 0; n < order.length && short > 0; n++) {
    const m = n + rng.int(order.length - n)
    const sentence = order[m]!
    order[m] = order[n]!
    if (tally.excess(sentence, high) > 0 || !tally.helps(sentence, low)) continue
    tally.add(sentence)
    short = 0
    for (const type of wanted) if (tally.counts[type]! < low) short++
  }
  return short > 0 ? undefined : tally.chosen.sort((a, b) => a - b)
}
