import type { Rng } from "@nuner/core"
import type { Pool } from "../pool/Pool.ts"
import { Tally } from "../search/Tally.ts"

/** What one side of an episode is drawn from: `low` to 2 `low` entities of every type. */
export interface Side {
  readonly pool: Pool
  readonly types: ReadonlyArray<number>
  readonly low: number
  readonly candidates: Int32Array
  /** Sentences of the other side. */
  readonly taken: ReadonlyArray<number>
}

/**
 * One pass over the candidates in random order, taking each that helps a type and takes none over the limit, until every type has
 * enough. Few-NERD's sampler draws from the candidates over and over; since a sentence that it rejects once it rejects for good
 * (counts only grow), one pass has the same distribution, and it ends: `undefined` where that sampler would run for ever.
 *
 * @returns sentences, ascending
 */
export const drawSide = ({ pool, types, low, candidates, taken }: Side, rng: Rng): Array<number> | undefined => {
  const order = candidates.slice()
  const others = new Set(taken)
  const tally = new Tally(pool)
  for (let n = 0; n < order.length; n++) {
    const m = n + rng.int(order.length - n)
    const sentence = order[m]!
    order[m] = order[n]!
    if (!tally.fits(sentence, 2 * low) || !tally.helps(sentence, low) || others.has(sentence)) continue
    tally.add(sentence)
    if (types.every((type) => tally.counts[type]! >= low)) return tally.chosen.sort((a, b) => a - b)
  }
  return undefined
}
