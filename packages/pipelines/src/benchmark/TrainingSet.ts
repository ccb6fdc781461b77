import type { LabelledSentence } from "@nuner/core"
import { InfeasibleError, type Minable, mineSets, mineWordSets, pool, runsFor, type Sampler } from "@nuner/miner"

/**
 * What the size of a training set counts: "k", at least so many entities of each type; "words", exactly so many words (NuNER, section 6);
 * "whole", the whole training data, 1 of it.
 */
export const units = ["k", "words", "whole"] as const
export type Unit = (typeof units)[number]

/** A mined training set. */
export interface TrainingSet {
  readonly size: number
  /** Its number among the sets of its size. */
  readonly set: number
  /** Where its sentences stand in the training data. */
  readonly indexes: ReadonlyArray<number>
  /** In a set of `words`, each has the words to leave out of the loss. */
  readonly sentences: ReadonlyArray<LabelledSentence>
  /** Entities of each type, or words that count. */
  readonly counts: Readonly<Record<string, number>>
  /** Of this set: mining with it gives the same one. */
  readonly seed: number | string
}

export interface MineOptions {
  readonly sentences: ReadonlyArray<LabelledSentence>
  readonly unit: Unit
  readonly sizes: ReadonlyArray<number>
  /** Sets of each size. Default 10; of words, the paper's 16 / 8 / 4 / 2 / 1; of the whole, 1. */
  readonly sets: number | undefined
  readonly seed: number
  /** Of sets of entities. Default: the miner's. */
  readonly sampler: Sampler | undefined
  /** Default: all types of the sentences. */
  readonly types?: ReadonlyArray<string> | undefined
}

export interface MinedSizes {
  readonly sets: ReadonlyArray<TrainingSet>
  /** Sizes of which the data allows no set, and why. */
  readonly infeasible: ReadonlyArray<{ readonly size: number; readonly reason: string }>
}

/** How many sets of a size are asked for. */
export const setsOf = ({ sets, unit }: Pick<MineOptions, "sets" | "unit">, size: number): number =>
  sets ?? { k: 10, words: runsFor(size), whole: 1 }[unit]

/** Training sets of every size that the data allows. @throws OptionError */
export const mineSizes = (options: MineOptions): MinedSizes => {
  const sentences = pool(options.sentences)
  const sets: Array<TrainingSet> = []
  const infeasible: Array<MinedSizes["infeasible"][number]> = []
  for (const size of options.sizes) {
    try {
      for (const [set, mined] of mineSize(sentences, options, size).entries()) {
        const { counts, indexes, seed, sentences } = mined
        sets.push({ size, set, indexes, sentences, counts, seed })
      }
    } catch (error) {
      if (!(error instanceof InfeasibleError)) throw error
      infeasible.push({ size, reason: error.message })
    }
  }
  return { sets, infeasible }
}

const mineSize = (sentences: Minable, options: MineOptions, size: number) => {
  const { sampler, seed, types, unit } = options
  if (unit === "whole") return wholeSets(options)
  const all = { sentences, sets: setsOf(options, size), seed, ...(types === undefined ? {} : { types }) }
  return unit === "words"
    ? mineWordSets({ ...all, words: size })
    : mineSets({ ...all, k: size, ...(sampler === undefined ? {} : { sampler }) })
}

/** The training data as it is, as often as sets are asked for: what learns from it by chance differs by their seeds. */
const wholeSets = ({ seed, sentences, sets, types, unit }: MineOptions) => {
  const { counts, indexes } = wholePool(sentences, types)
  return Array.from({ length: setsOf({ sets, unit }, 1) }, (_, i) => ({
    ...{ counts, indexes, seed: `${seed}/${i}` },
    sentences: indexes.map((index) => sentences[index]!)
  }))
}

const wholePool = (sentences: ReadonlyArray<LabelledSentence>, types: ReadonlyArray<string> | undefined) => {
  const counts = new Map<string, number>()
  const indexes = sentences.flatMap(({ entities }, index) => {
    if (types !== undefined && !entities.every(({ type }) => types.includes(type))) return []
    for (const { type } of entities) counts.set(type, (counts.get(type) ?? 0) + 1)
    return [index]
  })
  return { counts: Object.fromEntries([...counts].sort()), indexes }
}
