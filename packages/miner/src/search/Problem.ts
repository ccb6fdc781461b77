import type { Pool } from "../pool/Pool.ts"

/** Choose sentences so that every wanted type is counted at least `low` and at most `high` times. */
export interface Problem {
  readonly pool: Pool
  /** The types to fill, as indexes into `pool.types`. */
  readonly wanted: ReadonlyArray<number>
  readonly low: number
  readonly high: number
  /** Sentences that may be chosen: no type counted more than `high` times. */
  readonly candidates: Int32Array
  /** By index of type: what the given sentences have of it, and what the candidates among them have. */
  readonly available: Int32Array
  readonly usable: Int32Array
}

/** @param sentences with entities of wanted types only; those with too many of a type are no candidates */
export const problemOf = (
  pool: Pool,
  wanted: ReadonlyArray<number>,
  { low, high }: { readonly low: number; readonly high: number },
  sentences: ArrayLike<number>
): Problem => {
  const { starts, typeOf, counts } = pool
  const available = new Int32Array(pool.types.length)
  const usable = new Int32Array(pool.types.length)
  const candidates = new Int32Array(sentences.length)
  let size = 0
  for (let n = 0; n < sentences.length; n++) {
    const i = sentences[n]!
    const end = starts[i + 1]!
    let fits = true
    for (let j = starts[i]!; j < end; j++) {
      available[typeOf[j]!]! += counts[j]!
      if (counts[j]! > high) fits = false
    }
    if (!fits) continue
    candidates[size++] = i
    for (let j = starts[i]!; j < end; j++) usable[typeOf[j]!]! += counts[j]!
  }
  return { pool, wanted, low, high, candidates: candidates.subarray(0, size), available, usable }
}

/** The sentences that have entities, and none of a type that is not wanted; ascending. */
export const sentencesWithin = ({ starts, typeOf, types }: Pool, wanted: ReadonlyArray<number>): Array<number> => {
  const isWanted = new Uint8Array(types.length)
  for (const type of wanted) isWanted[type] = 1
  const within: Array<number> = []
  for (let i = 0; i + 1 < starts.length; i++) {
    if (starts[i] === starts[i + 1]) continue
    let j = starts[i]!
    while (j < starts[i + 1]! && isWanted[typeOf[j]!] === 1) j++
    if (j === starts[i + 1]!) within.push(i)
  }
  return within
}
