import { decodeOptions, type Episode, option, rng } from "@nuner/core"
import { Schema } from "effect"
import { InfeasibleError } from "../InfeasibleError.ts"
import { Count, seedField, typeIndexes, typesField } from "../options.ts"
import { isPool, type Minable, type Pool, pool, tally } from "../pool/Pool.ts"
import { drawEpisode } from "./drawEpisode.ts"
import { eligibleTypes } from "./eligibleTypes.ts"
import { groupsOf } from "./groups.ts"

/** N ways, K~2K shots, how many episodes, by which sampler. */
export const MineEpisodesOptions = Schema.Struct({
  n: option(Count, { help: "types of an episode" }),
  k: option(Count, { help: "entities of each type in the support set: k to 2k" }),
  q: option(Schema.optionalKey(Count), { help: "entities of each type in the query set: q to 2q", absent: "k" }),
  episodes: option(Count, { help: "number of episodes" }),
  seed: seedField,
  types: typesField,
  draws: option(Count, { default: 1000, help: "draws of types for an episode before giving up" })
})
export interface MineEpisodesOptions extends Schema.Codec.Encoded<typeof MineEpisodesOptions> {
  readonly sentences: Minable
}

/** An episode that says where it is from. */
export interface MinedEpisode extends Episode {
  readonly n: number
  readonly k: number
  readonly q: number
  /** Of this episode: `mineEpisode` with it gives the same one. */
  readonly seed: number | string
  /** `datasetHash` of the dataset. */
  readonly dataset: string
  /** Where the sentences stand in the dataset, ascending. */
  readonly supportIndexes: ReadonlyArray<number>
  readonly queryIndexes: ReadonlyArray<number>
  /** Entities of each type, types sorted. */
  readonly supportCounts: Readonly<Record<string, number>>
  readonly queryCounts: Readonly<Record<string, number>>
  /** Draws of types that it took. */
  readonly draws: number
}

/**
 * N-way K~2K episodes (Ding et al. 2021, Few-NERD): n types drawn at random; support and query from the sentences that have entities
 * of these types only, without a common sentence; of sentences with equal words only the first of the dataset takes part. Episode `i` has the seed `"<seed>/<i>"`. For data without borders between
 * neighbours (Few-NERD's own), give `pool(sentences, "runs")`.
 *
 * @throws OptionError at the call, InfeasibleError at the call or when an episode is asked for
 */
export const mineEpisodes = (options: MineEpisodesOptions): Generator<MinedEpisode> => {
  const { sentences, ...rest } = options
  const { episodes, seed, ...decoded } = decodeOptions("mineEpisodes", MineEpisodesOptions, rest)
  const draw = miner("mineEpisodes", sentences, decoded)
  return (function* () {
    for (let i = 0; i < episodes; i++) yield draw(`${seed}/${i}`)
  })()
}

const { episodes: _, ...one } = MineEpisodesOptions.fields
const MineEpisodeOptions = Schema.Struct(one)
/** `mineEpisodes` for one. */
export interface MineEpisodeOptions extends Omit<MineEpisodesOptions, "episodes"> {}

/** One episode, see `mineEpisodes`. @throws OptionError, InfeasibleError */
export const mineEpisode = (options: MineEpisodeOptions): MinedEpisode => {
  const { sentences, ...rest } = options
  const { seed, ...decoded } = decodeOptions("mineEpisode", MineEpisodeOptions, rest)
  return miner("mineEpisode", sentences, decoded)(seed)
}

const miner = (
  sampler: string,
  data: Minable,
  options: Omit<typeof MineEpisodesOptions.Type, "seed" | "episodes">
): ((seed: number | string) => MinedEpisode) => {
  const { n, k, q = k, types: names, draws: limit } = options
  const dataset = isPool(data) ? data : pool(data)
  const types = eligibleTypes(sampler, dataset, typeIndexes(sampler, dataset, names), { n, k, q })
  const groups = groupsOf(dataset)
  return (seed) => {
    const random = rng(seed)
    const failures: Array<Failure> = []
    for (let draws = 1; draws <= limit; draws++) {
      const drawn =
        types.length === n
          ? types
          : random
              .shuffle(types)
              .slice(0, n)
              .sort((a, b) => a - b)
      try {
        const { support, query } = drawEpisode(sampler, dataset, groups, drawn, { k, q }, random)
        return {
          types: drawn.map((type) => dataset.types[type]!),
          support: support.map((i) => dataset.sentences[i]!),
          query: query.map((i) => dataset.sentences[i]!),
          ...{ n, k, q, seed, dataset: dataset.hash },
          supportIndexes: support,
          queryIndexes: query,
          supportCounts: tally(dataset, support),
          queryCounts: tally(dataset, query),
          draws
        }
      } catch (error) {
        if (!(error instanceof InfeasibleError)) throw error
        failures.push({ error, drawn })
        // The same types would fail for the same reason.
        if (types.length === n && error.reason !== "search") break
      }
    }
    throw mostFrequent(dataset, failures)
  }
}

interface Failure {
  readonly error: InfeasibleError
  readonly drawn: ReadonlyArray<number>
}

/** The error about the type that stood in the way most often, in the first draw where it did. */
const mostFrequent = (dataset: Pool, failures: ReadonlyArray<Failure>): InfeasibleError => {
  const times = new Map<string, number>()
  for (const { error } of failures) times.set(error.type, (times.get(error.type) ?? 0) + 1)
  const { error, drawn } = failures.reduce((worst, failure) =>
    times.get(failure.error.type)! > times.get(worst.error.type)! ? failure : worst
  )
  const { sampler, type, reason, unit, needed, limit, available, usable } = error
  const names = drawn.map((index) => dataset.types[index]!)
  return new InfeasibleError({
    ...{ sampler, type, reason, unit, needed, limit, available, usable },
    ...{ drawn: names, draws: failures.length }
  })
}
