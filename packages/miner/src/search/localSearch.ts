import type { Rng } from "@nuner/core"
import type { Problem } from "./Problem.ts"
import { Tally } from "./Tally.ts"

export interface Found {
  /** Ascending. */
  readonly sentences: ReadonlyArray<number>
  /** The attempt that succeeded, from 1. */
  readonly attempts: number
}

export interface Stuck {
  /** The type that was short at the end of most attempts, and the most that an attempt counted of it. */
  readonly type: number
  readonly reached: number
}

/** Random choices among which the sentence that fits best is swapped in. */
const tries = 24

/**
 * Fills types from the rarest to the most frequent, each with sentences drawn uniformly from those that have it and take no type over
 * the limit. Where none fits, the one that fits best of a few goes in and chosen sentences in its way go out (min-conflicts).
 * Each attempt starts from nothing and is bounded. What depends on the problem alone is prepared once.
 */
export const localSearch = (problem: Problem): ((rng: Rng, attempts: number) => Found | Stuck) => {
  const { wanted, usable } = problem
  const rarestFirst = wanted.toSorted((a, b) => usable[a]! - usable[b]! || a - b)
  const holders = sentencesByType(problem)
  return (rng, attempts) => search(problem, rarestFirst, holders, rng, attempts)
}

const search = (
  problem: Problem,
  rarestFirst: ReadonlyArray<number>,
  holders: ReadonlyArray<Int32Array>,
  rng: Rng,
  attempts: number
): Found | Stuck => {
  const { pool, wanted, low } = problem
  const stuck = new Int32Array(pool.types.length)
  const reached = new Int32Array(pool.types.length)
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const tally = new Tally(pool)
    fill(problem, rarestFirst, holders, tally, rng)
    const short = wanted.filter((type) => tally.counts[type]! < low)
    if (short.length === 0) return { sentences: tally.chosen.toSorted((a, b) => a - b), attempts: attempt }
    for (const type of short) {
      stuck[type]!++
      reached[type] = Math.max(reached[type]!, tally.counts[type]!)
    }
  }
  const type = rarestFirst.reduce((worst, other) => (stuck[other]! > stuck[worst]! ? other : worst))
  return { type, reached: reached[type]! }
}

const fill = (
  { pool, wanted, low, high }: Problem,
  rarestFirst: ReadonlyArray<number>,
  holders: ReadonlyArray<Int32Array>,
  tally: Tally,
  rng: Rng
): void => {
  let swaps = 8 * (wanted.length * low + 16)
  let swapped = false
  for (;;) {
    const type = swapped
      ? anyOf(wanted, (other) => tally.counts[other]! < low, rng)
      : rarestFirst.find((other) => tally.counts[other]! < low)
    if (type === undefined) return
    const fitting = drawFitting(holders[type]!, tally, high, rng)
    if (fitting !== undefined) {
      tally.add(fitting)
      continue
    }
    if (swaps-- === 0) return
    const sentence = drawLeastExcess(holders[type]!, tally, high, rng)
    if (sentence === undefined) return
    swapped = true
    for (let j = pool.starts[sentence]!; j < pool.starts[sentence + 1]!; j++) {
      const inTheWay = pool.typeOf[j]!
      while (tally.counts[inTheWay]! + pool.counts[j]! > high) {
        const having = tally.chosen.filter((other) => hasType(pool, other, inTheWay))
        tally.remove(having[rng.int(having.length)]!)
      }
    }
    tally.add(sentence)
  }
}

/** Uniform among the sentences that are not chosen and fit: by trying, then, when those that fit are few, by listing them. */
const drawFitting = (holders: Int32Array, tally: Tally, high: number, rng: Rng): number | undefined => {
  for (let n = 0; n < holders.length >> 1; n++) {
    const sentence = holders[rng.int(holders.length)]!
    if (tally.fits(sentence, high) && !tally.has(sentence)) return sentence
  }
  return anyOf(holders, (sentence) => tally.fits(sentence, high) && !tally.has(sentence), rng)
}

/** Uniform among the items that pass. */
const anyOf = (items: Iterable<number>, passes: (item: number) => boolean, rng: Rng): number | undefined => {
  const passing: Array<number> = []
  for (const item of items) if (passes(item)) passing.push(item)
  return passing.length === 0 ? undefined : passing[rng.int(passing.length)]
}

/** Of a few sentences that are not chosen, the one that takes types the least over the limit. */
const drawLeastExcess = (holders: Int32Array, tally: Tally, high: number, rng: Rng): number | undefined => {
  let best: number | undefined
  let least = Number.POSITIVE_INFINITY
  for (let n = 0; n < tries && holders.length > 0; n++) {
    const sentence = holders[rng.int(holders.length)]!
    if (tally.has(sentence)) continue
    const excess = tally.excess(sentence, high)
    if (excess < least) {
      best = sentence
      least = excess
    }
  }
  return best
}

const hasType = ({ starts, typeOf }: Problem["pool"], sentence: number, type: number): boolean => {
  for (let j = starts[sentence]!; j < starts[sentence + 1]!; j++) if (typeOf[j] === type) return true
  return false
}

/** By type: the candidates that have it. */
const sentencesByType = ({ pool, candidates }: Problem): ReadonlyArray<Int32Array> => {
  const sizes = new Int32Array(pool.types.length)
  const eachPair = (visit: (type: number, sentence: number) => void) => {
    for (const i of candidates) for (let j = pool.starts[i]!; j < pool.starts[i + 1]!; j++) visit(pool.typeOf[j]!, i)
  }
  eachPair((type) => sizes[type]!++)
  const lists = pool.types.map((_, type) => new Int32Array(sizes[type]!))
  eachPair((type, sentence) => {
    lists[type]![--sizes[type]!] = sentence
  })
  return lists
}
