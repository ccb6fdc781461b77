import { decodeOptions, type LabelledSentence, option, rng } from "@nuner/core"
import { Schema } from "effect"
import { Count, seedField, typeIndexes, typesField } from "../options.ts"
import { isPool, type Minable, pool, tally } from "../pool/Pool.ts"
import { problemOf, sentencesWithin } from "../search/Problem.ts"
import { type Sampler, samplers, solver } from "../search/solve.ts"

/** k~2k entities of each type, how many sets, by which sampler. */
export const MineSetsOptions = Schema.Struct({
  k: option(Count, { help: "every type has between k and 2k entities" }),
  sets: option(Count, { default: 10, help: "number of sets, as many as in the paper" }),
  seed: seedField,
  types: typesField,
  sampler: option(Schema.Literals(samplers), {
    default: "random-order",
    help: "how sentences are drawn: in random order (Ding et al. 2021), or types filled from the rarest on, which gives smaller sets"
  }),
  attempts: option(Count, {
    default: 50,
    help: "passes in random order, then starts of the local search, before the exhaustive one"
  })
})
export interface MineSetsOptions extends Schema.Codec.Encoded<typeof MineSetsOptions> {
  readonly sentences: Minable
}

/** A few-shot training set over all types of a dataset. */
export interface MinedSet {
  readonly sentences: ReadonlyArray<LabelledSentence>
  /** Where they stand in the dataset, ascending. */
  readonly indexes: ReadonlyArray<number>
  /** Entities of each type, types sorted. */
  readonly counts: Readonly<Record<string, number>>
  readonly k: number
  /** Of this set: `mineSet` with it gives the same set. */
  readonly seed: number | string
  /** `datasetHash` of the dataset. */
  readonly dataset: string
  readonly sampler: Sampler
  /** Passes and starts of the local search that it took; one more where only the exhaustive search found it. */
  readonly attempts: number
}

/**
 * Training sets in which every type has between k and 2k entities (NuNER, section 4.1), drawn independently: sentences in random order,
 * each taken that has a type below k and takes none over 2k (Ding et al. 2021). Set `i` has the seed `"<seed>/<i>"`.
 *
 * @throws OptionError, InfeasibleError
 */
export const mineSets = (options: MineSetsOptions): Array<MinedSet> => {
  const { sentences, ...rest } = options
  const { sets, seed, ...decoded } = decodeOptions("mineSets", MineSetsOptions, rest)
  const draw = miner("mineSets", sentences, decoded)
  return Array.from({ length: sets }, (_, i) => draw(`${seed}/${i}`))
}

export interface MineSetOptions extends Omit<MineSetsOptions, "sets"> {}

/** One set, see `mineSets`. @throws OptionError, InfeasibleError */
export const mineSet = (options: MineSetOptions): MinedSet => {
  const { sentences, ...rest } = options
  const { seed, ...decoded } = decodeOptions("mineSet", MineSetOptions, rest)
  return miner("mineSet", sentences, decoded)(seed)
}
const { sets: _, ...one } = MineSetsOptions.fields
const MineSetOptions = Schema.Struct(one)

const miner = (
  component: string,
  data: Minable,
  { k, types, sampler, attempts }: Omit<typeof MineSetOptions.Type, "seed">
): ((seed: number | string) => MinedSet) => {
  const dataset = isPool(data) ? data : pool(data)
  const wanted = typeIndexes(component, dataset, types)
  const task = problemOf(dataset, wanted, { low: k, high: 2 * k }, sentencesWithin(dataset, wanted))
  const solve = solver(component, task, sampler, attempts)
  return (seed) => {
    const found = solve(rng(seed))
    return {
      sentences: found.sentences.map((i) => dataset.sentences[i]!),
      indexes: found.sentences,
      counts: tally(dataset, found.sentences),
      ...{ k, seed, sampler, dataset: dataset.hash, attempts: found.attempts }
    }
  }
}
