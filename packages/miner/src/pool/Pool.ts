import type { LabelledSentence } from "@nuner/core"
import { type Counting, countEntities } from "./countEntities.ts"
import { datasetHash } from "./datasetHash.ts"

/**
 * A labelled dataset, indexed once for many draws. Sentence `i` has `counts[j]` entities of type `types[typeOf[j]]` for
 * `j` in `starts[i] .. starts[i + 1]`.
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
}

/** Sentences, or a pool made of them: whoever mines one dataset many times makes the pool once. */
export type Minable = ReadonlyArray<LabelledSentence> | Pool

/** Indexes a dataset. */
export const pool = (sentences: ReadonlyArray<LabelledSentence>, counting: Counting = "entities"): Pool => {
  const perSentence = sentences.map((sentence) => countEntities(sentence.entities, counting))
  const seen = new Set<string>()
  for (const counts of perSentence) for (const type of counts.keys()) seen.add(type)
  const types = [...seen].sort()
  const index = new Map(types.map((type, i) => [type, i]))
  const starts = new Int32Array(sentences.length + 1)
  perSentence.forEach((counts, i) => {
    starts[i + 1] = starts[i]! + counts.size
  })
  const typeOf = new Int32Array(starts[sentences.length]!)
  const counts = new Int32Array(typeOf.length)
  perSentence.forEach((of, i) => {
    let at = starts[i]!
    for (const [type, count] of of) {
      typeOf[at] = index.get(type)!
      counts[at++] = count
    }
  })
  let hash: string | undefined
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
    }
  }
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
