import type { LabelledSentence } from "@nuner/core"
import { InfeasibleError, type Minable, mineSets, mineWordSets, pool, runsFor, type Sampler } from "@nuner/miner"

/** What the size of a training set counts: at least so many entities of each type, or exactly so many words (NuNER, section 6). */
export type Unit = "k" | "words"

/** A mined training set. */
export interface TrainingSet {
  readonly size: number
  /** Its number among the sets of its size. */
  readonly set: number
  /** Where its sentences stand in the training data. */
  readonly indexes: ReadonlyArray<number>
  /** In a set of `words`, each has the words to leave out of the loss. */
  readonly sentences: ReadonlyArray<LabelledSentence & { readonly ignored?: ReadonlyArray<number> }>
  /** Entities of each type, or words that count. */
  readonly counts: Readonly<Record<string, number>>
  /** Of this set: mining with it gives the same one. */
  readonly seed: number | string
}

export interface MineOptions {
  readonly sentences: ReadonlyArray<LabelledSentence>
  readonly unit: Unit
  readonly sizes: ReadonlyArray<number>
  /** Sets of each size. Default 10; of words, the paper's 16 / 8 / 4 / 2 / 1. */
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
  sets ?? (unit === "words" ? runsFor(size) : 10)

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
  const all = { sentences, sets: setsOf(options, size), seed, ...(types === undefined ? {} : { types }) }
  return unit === "words"
    ? mineWordSets({ ...all, words: size })
    : mineSets({ ...all, k: size, ...(sampler === undefined ? {} : { sampler }) })
}
