import type { LabelledSentence } from "@nuner/core"
import { type Counting, runs } from "./countEntities.ts"
import { datasetHash } from "./datasetHash.ts"

/**
 * A labelled dataset, indexed once for many draws. Sentence `i` has `counts[j]` entities of type `types[typeOf[j]]` for
 * `j` in `starts[i] .. starts[i + 1]`, types ascending.
 */
export interface Pool {
  readonly sentences: ReadonlyArray<LabelledSentence>
  /** Every type of the dataset, sorted by UTF-16 code units. */
  readonly types: ReadonlyArray<string>
  readonly counting: Counting
  readonly starts: Int32Array // [sentences + 1]
  readonly typeOf: Int32Array // [pairs of sentence and type]
  readonly counts: Int32Array // [pairs of sentence and type]
  /** `datasetHash` of the sentences, computed when first asked for. */
  readonly hash: string
  /** Indexes of the sentences, of those with equal words the first alone; found when first asked for. */
  readonly distinct: ReadonlyArray<number>
}

/** Sentences, or a pool made of them: whoever mines one dataset many times makes the pool once. */
export type Minable = ReadonlyArray<LabelledSentence> | Pool

/** Indexes a dataset. */
export const pool = (sentences: ReadonlyArray<LabelledSentence>, counting: Counting = "entities"): Pool => {
  const index = new Map<string, number>() // in the order of first appearance
  const starts = new Int32Array(sentences.length + 1)
  const pairs: Array<number> = [] // type and count, in turn
  sentences.forEach(({ entities }, i) => {
    const first = pairs.length
    for (const { type } of counting === "runs" ? runs(entities) : entities) {
      const id = index.get(type) ?? index.size
      if (id === index.size) index.set(type, id)
      let at = first
      while (at < pairs.length && pairs[at] !== id) at += 2
      if (at < pairs.length) pairs[at + 1]!++
      else pairs.push(id, 1)
    }
    starts[i + 1] = pairs.length / 2
  })
  const types = [...index.keys()].sort()
  const sorted = new Int32Array(types.length)
  types.forEach((type, place) => {
    sorted[index.get(type)!] = place
  })
  const typeOf = new Int32Array(pairs.length / 2)
  const counts = new Int32Array(pairs.length / 2)
  for (let i = 0; i < sentences.length; i++) {
    for (let j = starts[i]!; j < starts[i + 1]!; j++) {
      const type = sorted[pairs[2 * j]!]!
      let at = j
      for (; at > starts[i]! && typeOf[at - 1]! > type; at--) {
        typeOf[at] = typeOf[at - 1]!
        counts[at] = counts[at - 1]!
      }
      typeOf[at] = type
      counts[at] = pairs[2 * j + 1]!
    }
  }
  let hash: string | undefined
  let distinct: ReadonlyArray<number> | undefined
  return {
    sentences,
    types,
    counting,
    starts,
    typeOf,
    counts,
    get hash() {
      hash ??= datasetHash(sentences)
      return hash
    },
    get distinct() {
      distinct ??= distinctOf(sentences)
      return distinct
    }
  }
}

const distinctOf = (sentences: ReadonlyArray<LabelledSentence>): Array<number> => {
  const first = new Map<string, number>()
  for (const [i, { words }] of sentences.entries()) {
    const key = JSON.stringify(words)
    if (!first.has(key)) first.set(key, i)
  }
  return [...first.values()]
}

export const isPool = (data: Minable): data is Pool => "starts" in data

/** How many entities of each type some sentences of a pool have together, by type name, sorted, types with none left out. */
export const tally = (pool: Pool, indexes: ArrayLike<number>): Record<string, number> => {
  const totals = new Int32Array(pool.types.length)
  for (let n = 0; n < indexes.length; n++) {
    const i = indexes[n]!
    for (let j = pool.starts[i]!; j < pool.starts[i + 1]!; j++) totals[pool.typeOf[j]!]! += pool.counts[j]!
  }
  return Object.fromEntries(pool.types.flatMap((type, t) => (totals[t]! > 0 ? [[type, totals[t]!]] : [])))
}
