import { createHash } from "node:crypto"
import { decodeOptions, type Episode, LineLog, OptionError, option, PositiveInt } from "@nuner/core"
import { fingerprint, Snapshot, useEngine } from "@nuner/engine"
import { Schema } from "effect"
import { openSession } from "../adapt/Session.ts"
import { detectorParameters, type TadNerModel } from "../model/TadNerModel.ts"
import { nameTypes, type TypeNames } from "../names/nameTypes.ts"
import { type EpisodeOptions, type EpisodeSettings, episodeSettings } from "../options.ts"
import type { EpisodeRecord } from "./EpisodeRecord.ts"
import { readOutcomes, type Shard, shardPath, strange } from "./ResultsFile.ts"
import { solveEpisode } from "./solveEpisode.ts"

/** Which of the episodes are run. */
export const EpisodeRunOptions = Schema.Struct({
  limit: option(Schema.optionalKey(Schema.Natural), { help: "only the first episodes", absent: "all" }),
  shard: option(Schema.optionalKey(Schema.Struct({ index: Schema.Natural, of: PositiveInt })), {
    help: "this process's part, as index and of",
    absent: "everything"
  })
})

export interface RunEpisodesInput extends EpisodeOptions {
  /** Adapted for each episode and restored exactly after it; as it was at the end. */
  readonly model: TadNerModel
  readonly episodes: Iterable<Episode> | AsyncIterable<Episode>
  /** Natural-language names of types; others are derived from the labels. */
  readonly typeNames?: TypeNames
  /** A JSON Lines file (a shard writes one beside it). Episodes that it, or a shard's, has are not run again. Default: none is written. */
  readonly results?: string
  readonly limit?: number
  readonly shard?: Shard
  /** Ends the run; the episode under way is run again later. */
  readonly signal?: AbortSignal
}

/** What a run over episodes tells. */
export type EpisodesEvent =
  /** Comes first. `resumed`: results that were found. */
  | { readonly type: "start"; readonly resumed: number }
  | { readonly type: "episode"; readonly record: EpisodeRecord }
  /** Aborted. */
  | { readonly type: "stop" }
  /** `run`: here and now. `resumed`: found, of this shard. */
  | { readonly type: "done"; readonly run: number; readonly resumed: number }

/**
 * Runs TadNER over few-shot episodes. An episode's result depends on model, settings, names and the episode alone: the weights and the seed are the
 * same before each. All switches of the two modes are options.
 *
 * @throws OptionError; InputError for an episode that cannot be learned from, and for results of another run; NonFiniteError
 */
export async function* runEpisodes(input: RunEpisodesInput): AsyncGenerator<EpisodesEvent, void, void> {
  const { episodes, limit, model, results, shard: part, signal, typeNames, ...options } = input
  const settings = episodeSettings(options)
  const { limit: most = Number.POSITIVE_INFINITY, shard = { index: 0, of: 1 } } = decodeOptions(
    "runEpisodes",
    EpisodeRunOptions,
    { ...(limit !== undefined && { limit }), ...(part && { shard: part }) }
  )
  if (shard.index >= shard.of) {
    const reason = `index ${shard.index} of ${shard.of}; shards are counted from 0`
    throw new OptionError({ component: "runEpisodes", option: "shard", reason })
  }
  const earlier = new Map((results === undefined ? [] : await readOutcomes(results)).map((one) => [one.index, one]))
  yield { type: "start", resumed: earlier.size }
  const session = openSession(model, settings)
  try {
    const run = await runHash(model, settings)
    const snapshots = [await Snapshot.of(session.parameters.detector), await Snapshot.of(session.parameters.classifier)]
    // What was read to hash and copy the weights is garbage of their size, which the collector is slow to see.
    globalThis.Bun?.gc(true)
    const log = results === undefined ? undefined : LineLog.open(shardPath(results, shard))
    const counts = { run: 0, resumed: 0 }
    let index = -1
    for await (const episode of episodes) {
      if (++index >= most) break
      if (index % shard.of !== shard.index) continue
      const names = nameTypes(episode.types, typeNames)
      const fingerprint = episodeHash(run, episode, names)
      const found = earlier.get(index)
      if (found !== undefined) {
        if (found.fingerprint !== fingerprint) throw strange(results!, index)
        counts.resumed++
        continue
      }
      if (signal?.aborted) {
        yield { type: "stop" }
        return
      }
      let record: EpisodeRecord
      try {
        const solved = await solveEpisode(session, settings, { episode, names, source: `episode ${index}`, signal })
        record = { index, fingerprint, ...solved }
      } catch (error) {
        if (!signal?.aborted) throw error
        yield { type: "stop" }
        return
      } finally {
        for (const snapshot of snapshots) snapshot.restore()
      }
      log?.append(JSON.stringify(record))
      counts.run++
      yield { type: "episode", record }
    }
    yield { type: "done", ...counts }
  } finally {
    session.close()
  }
}

/** Settings, weights and, unless it is fp32, precision. */
const runHash = async ({ classifier, detector }: TadNerModel, settings: EpisodeSettings): Promise<string> => {
  const { config } = classifier
  const { dropout, scheme } = detector
  const weights = [await fingerprint([], detectorParameters(detector)), await fingerprint([], classifier.parameters)]
  const { precision } = await useEngine()
  return hashOf([settings, config, dropout, scheme, weights, ...(precision === "fp32" ? [] : [precision])])
}

const episodeHash = (run: string, { query, support, types }: Episode, names: ReadonlyArray<string>): string => {
  const plain = (side: Episode["query"]) =>
    side.map(({ entities, offsets, text, words }) => [words, entities, text, offsets])
  return hashOf([run, types, names, plain(support), plain(query)]).slice(0, 32)
}

const hashOf = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex")
