import { decodeOptions, type LabelledSentence, option, rng } from "@nuner/core"
import { Schema } from "effect"
import { InfeasibleError } from "../InfeasibleError.ts"
import { Count, seedField, typeIndexes, typesField } from "../options.ts"
import { isPool, type Minable, type Pool, pool } from "../pool/Pool.ts"
import { sentencesWithin } from "../search/Problem.ts"
import { wordTypes } from "./wordTypes.ts"

/** Words of each type, how many sets. */
export const MineWordSetsOptions = Schema.Struct({
  words: option(Count, { help: "words of each type, k_w" }),
  sets: option(Schema.optionalKey(Count), {
    help: "number of sets",
    absent: "the paper's: 16 / 8 / 4 / 2 / 1, see `runsFor`"
  }),
  seed: seedField,
  types: typesField
})
export interface MineWordSetsOptions extends Schema.Codec.Encoded<typeof MineWordSetsOptions> {
  readonly sentences: Minable
}

/** A sentence of which some words teach nothing. */
export interface WordMinedSentence extends LabelledSentence {
  /** Words whose label is left out of the loss, as indexes, ascending. Their entities stay in `entities`. */
  readonly ignored: ReadonlyArray<number>
}

/** A training set with exactly `words` labelled words of every type. */
export interface WordSet {
  readonly sentences: ReadonlyArray<WordMinedSentence>
  /** Where they stand in the dataset, ascending. */
  readonly indexes: ReadonlyArray<number>
  /** Words of each type that count: `words` for every type to fill, types sorted. */
  readonly counts: Readonly<Record<string, number>>
  /** Words of each type that are ignored. */
  readonly ignored: Readonly<Record<string, number>>
  readonly words: number
  /** Of this set: `mineWordSet` with it gives the same set. */
  readonly seed: number | string
  /** `datasetHash` of the dataset. */
  readonly dataset: string
}

/** Runs that the paper averages (NuNER, section 6): 16 / 8 / 4 / 2 / 1 for k_w = 1 / 2 / 4 / 8 / 16 and more. */
export const runsFor = (words: number): number => Math.max(1, Math.floor(16 / words))

/**
 * Training sets with exactly k_w words of each type (NuNER, section 6; the paper does not say how, so this is ours): sentences in
 * random order, each taken that has a type still short; of a type's words in the taken sentences the first k_w in that order count and
 * the rest are ignored. A word is of the type of the first entity that covers it. Set `i` has the seed `"<seed>/<i>"`.
 *
 * @throws OptionError, InfeasibleError when a type has fewer words than k_w
 */
export const mineWordSets = (options: MineWordSetsOptions): Array<WordSet> => {
  const { sentences, ...rest } = options
  const { words, sets = runsFor(words), seed, types } = decodeOptions("mineWordSets", MineWordSetsOptions, rest)
  const draw = miner("mineWordSets", sentences, words, types)
  return Array.from({ length: sets }, (_, i) => draw(`${seed}/${i}`))
}

const { sets: _, ...one } = MineWordSetsOptions.fields
const MineWordSetOptions = Schema.Struct(one)
/** `mineWordSets` for one. */
export interface MineWordSetOptions extends Omit<MineWordSetsOptions, "sets"> {}

/** One set, see `mineWordSets`. @throws OptionError, InfeasibleError */
export const mineWordSet = (options: MineWordSetOptions): WordSet => {
  const { sentences, ...rest } = options
  const { words, seed, types } = decodeOptions("mineWordSet", MineWordSetOptions, rest)
  return miner("mineWordSet", sentences, words, types)(seed)
}

const miner = (
  sampler: string,
  data: Minable,
  words: number,
  names: ReadonlyArray<string> | undefined
): ((seed: number | string) => WordSet) => {
  const dataset = isPool(data) ? data : pool(data)
  const wanted = typeIndexes(sampler, dataset, names)
  const labelled = sentencesWithin(dataset, wanted)
  const typesOf = dataset.sentences.map((sentence) => wordTypes(sentence, dataset.types))
  checkEnough(sampler, dataset, wanted, words, labelled, typesOf)
  return (seed) => {
    const counts = new Int32Array(dataset.types.length)
    const surplus = new Int32Array(dataset.types.length)
    const taken = new Map<number, Array<number>>()
    for (const i of rng(seed).shuffle(labelled)) {
      if (!typesOf[i]!.some((type) => type >= 0 && counts[type]! < words)) continue
      const ignored: Array<number> = []
      typesOf[i]!.forEach((type, word) => {
        if (type < 0) return
        if (counts[type]! < words) counts[type]!++
        else {
          surplus[type]!++
          ignored.push(word)
        }
      })
      taken.set(i, ignored)
      if (wanted.every((type) => counts[type] === words)) break
    }
    const indexes = [...taken.keys()].sort((a, b) => a - b)
    const named = (of: Int32Array) => Object.fromEntries(wanted.map((type) => [dataset.types[type]!, of[type]!]))
    return {
      sentences: indexes.map((i) => ({ ...dataset.sentences[i]!, ignored: taken.get(i)! })),
      ...{ indexes, counts: named(counts), ignored: named(surplus), words, seed, dataset: dataset.hash }
    }
  }
}

const checkEnough = (
  sampler: string,
  dataset: Pool,
  wanted: ReadonlyArray<number>,
  words: number,
  sentences: ReadonlyArray<number>,
  typesOf: ReadonlyArray<Int32Array>
): void => {
  const totals = new Int32Array(dataset.types.length)
  for (const i of sentences) for (const type of typesOf[i]!) if (type >= 0) totals[type]!++
  const short = wanted.find((type) => totals[type]! < words)
  if (short === undefined) return
  throw new InfeasibleError({
    ...{ sampler, type: dataset.types[short]!, reason: "few", unit: "words", needed: words, limit: words },
    ...{ available: totals[short]!, usable: totals[short]! }
  })
}
