import type { Pool } from "../pool/Pool.ts"

/** Choose sentences so that every wanted type is counted at least `low` and at most `high` times. */
export interface Problem {
  readonly pool: Pool
  /** The types to fill, as indexes into `pool.types`. */
  readonly wanted: ReadonlyArray<number>
  readonly low: number
  readonly high: number
  /** Sentences that may be chosen: entities of wanted types only, at least one, none counted more than `high` times. Ascending. */
  readonly candidates: Int32Array
  /** By index of type: what the sentences of wanted types have of it, and what the candidates have. */
  readonly available: Int32Array
  readonly usable: Int32Array
}

/** @param except a sentence with a mark here is no candidate: it is taken by another set */
export const problem = (
  pool: Pool,
  wanted: ReadonlyArray<number>,
  { low, high }: { readonly low: number; readonly high: number },
  except?: Uint8Array
): Problem => {
  const isWanted = new Uint8Array(pool.types.length)
  for (const type of wanted) isWanted[type] = 1
  const available = new Int32Array(pool.types.length)
  const usable = new Int32Array(pool.types.length)
  const candidates = new Int32Array(pool.sentences.length)
  let size = 0
  for (let i = 0; i < pool.sentences.length; i++) {
    const start = pool.starts[i]!
    const end = pool.starts[i + 1]!
    if (start === end || except?.[i] === 1) continue
    let fits = true
    let within = true
    for (let j = start; j < end && within; j++) {
      if (isWanted[pool.typeOf[j]!] === 0) within = false
      if (pool.counts[j]! > high) fits = false
    }
    if (!within) continue
    for (let j = start; j < end; j++) available[pool.typeOf[j]!]! += pool.counts[j]!
    if (!fits) continue
    for (let j = start; j < end; j++) usable[pool.typeOf[j]!]! += pool.counts[j]!
    candidates[size++] = i
  }
  return { pool, wanted, low, high, candidates: candidates.subarray(0, size), available, usable }
}

/** The first wanted type that candidates cannot fill, however they are chosen. */
export const unfillable = ({ wanted, usable, low }: Problem): number | undefined =>
  wanted.find((type) => usable[type]! < low)
