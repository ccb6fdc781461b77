import { decodeOptions, type LabelledSentence, rng } from "@nuner/core"
import { Schema } from "effect"
import { Count, countWithDefault, Seed, Types, typeIndexes } from "../options.ts"
import { isPool, type Minable, pool, tally } from "../pool/Pool.ts"
import { problemOf, sentencesWithin } from "../search/Problem.ts"
import { solver } from "../search/solve.ts"

export const MineSetsOptions = Schema.Struct({
  /** Every type has between k and 2k entities. */
  k: Count,
  /** Number of sets. Default 10, as in the paper. */
  sets: countWithDefault(10),
  seed: Seed,
  /** Types to fill, from sentences that have no other. Default: all types of the dataset. */
  types: Schema.optionalKey(Types),
  /** Starts of the local search before the exhaustive one. Default 50. */
  attempts: countWithDefault(50)
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
  /** Starts that the search needed. */
  readonly attempts: number
}

/**
 * Training sets in which every type has between k and 2k entities (NuNER, section 4.1, after Ding et al. 2021), drawn independently.
 * Set `i` has the seed `"<seed>/<i>"`.
 *
 * @throws OptionError, InfeasibleError
 */
export const mineSets = (options: MineSetsOptions): Array<MinedSet> => {
  const { sentences: data, ...rest } = options
  const { k, sets, seed, types, attempts } = decodeOptions("mineSets", MineSetsOptions, rest)
  return mine(
    "mineSets",
    data,
    { k, types, attempts },
    Array.from({ length: sets }, (_, i) => `${seed}/${i}`)
  )
}

export interface MineSetOptions extends Omit<MineSetsOptions, "sets"> {}

/** One set, see `mineSets`. @throws OptionError, InfeasibleError */
export const mineSet = (options: MineSetOptions): MinedSet => {
  const { sentences: data, ...rest } = options
  const { k, seed, types, attempts } = decodeOptions("mineSet", MineSetOptions, rest)
  return mine("mineSet", data, { k, types, attempts }, [seed])[0]!
}
const { sets: _, ...one } = MineSetsOptions.fields
const MineSetOptions = Schema.Struct(one)

const mine = (
  sampler: string,
  data: Minable,
  {
    k,
    types,
    attempts
  }: { readonly k: number; readonly types: ReadonlyArray<string> | undefined; readonly attempts: number },
  seeds: ReadonlyArray<number | string>
): Array<MinedSet> => {
  const dataset = isPool(data) ? data : pool(data)
  const wanted = typeIndexes(sampler, dataset, types)
  const task = problemOf(dataset, wanted, { low: k, high: 2 * k }, sentencesWithin(dataset, wanted))
  const solve = solver(sampler, task, attempts)
  return seeds.map((seed) => {
    const found = solve(rng(seed))
    return {
      sentences: found.sentences.map((i) => dataset.sentences[i]!),
      indexes: found.sentences,
      counts: tally(dataset, found.sentences),
      k,
      seed,
      dataset: dataset.hash,
      attempts: found.attempts
    }
  })
}
