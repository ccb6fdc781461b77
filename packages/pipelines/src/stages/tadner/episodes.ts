import { basename } from "node:path"
import { OptionError, writeAtomic, writeJson } from "@nuner/core"
import { useEngine } from "@nuner/engine"
import { type EpisodeOptions, episodeSettings, loadModel, readResults, runEpisodes, type Shard } from "@nuner/tadner"
import { Effect } from "effect"
import { attempt } from "../../errors.ts"
import { readTypeNames } from "../../inputs/readTypeNames.ts"
import { type EpisodeRun, episodeReport, runScores } from "../../report/episodeReport.ts"
import { Progress } from "../../services/Progress.ts"
import { runStage } from "../../services/stage.ts"
import { plain } from "../plain.ts"
import { type EpisodeSource, type EpisodeSourceOptions, episodeSource } from "./episodeSource.ts"

export interface TadnerEpisodesOptions extends Omit<EpisodeOptions, "seed">, EpisodeSourceOptions {
  /** Directories of `nuner tadner train`. One model: a run a seed. Several: a run a model, with the seed of its place. */
  readonly models: ReadonlyArray<string>
  readonly seeds: ReadonlyArray<number>
  /** A folder: results of each run as JSON Lines, `scores.json` and `report.md`. */
  readonly out: string
  readonly typeNames?: string
  /** Only the first episodes. */
  readonly limit?: number
  /** This process's part; no report. The call without a shard collects the parts and writes it. */
  readonly shard?: Shard
}

/** Runs TadNER over few-shot episodes. Cut short, it goes on behind the last episode that it finished. */
export const tadnerEpisodesStage = Effect.fn("tadnerEpisodesStage")(function* (options: TadnerEpisodesOptions) {
  const { limit, models, out, seeds, shard, typeNames } = options
  const { count, input, k, mineSeed, n, q } = options
  const adaptation = adaptationOf(options)
  const progress = yield* Progress
  const settings = yield* attempt("tadner", () => episodeSettings(adaptation))
  const runs = yield* attempt("tadner", () => runsOf(models, seeds, out))
  const solve = async (signal: AbortSignal, source: EpisodeSource) => {
    const names = typeNames === undefined ? {} : await readTypeNames(typeNames)
    const total = Math.min(source.count, limit ?? source.count)
    await useEngine()
    for (const { model: directory, name, results, seed } of runs) {
      const model = await loadModel(directory)
      try {
        const shared = { ...adaptation, model, results, seed, signal, typeNames: names, episodes: source.episodes() }
        const events = runEpisodes({
          ...shared,
          ...(limit !== undefined && { limit }),
          ...(shard && { shard })
        })
        let done = 0
        const pool = { correct: 0, both: 0 }
        for await (const event of events) {
          if (event.type === "start") done = event.resumed
          if (event.type !== "episode") continue
          const { counts, seconds } = event.record
          pool.correct += 2 * counts.correct
          pool.both += counts.predicted + counts.gold
          const f1 = ((100 * pool.correct) / Math.max(1, pool.both)).toFixed(1)
          progress.update({
            stage: "episodes",
            done: ++done,
            total,
            note: `${name}  F1 ${f1}  ${seconds.toFixed(2)} s`
          })
        }
        signal.throwIfAborted()
      } finally {
        model.dispose()
      }
    }
    return total
  }
  const sourceOptions = {
    input,
    k,
    count,
    mineSeed,
    ...(n === undefined ? {} : { n }),
    ...(q === undefined ? {} : { q })
  }
  if (shard) {
    yield* attempt("tadner", async (signal) => solve(signal, await episodeSource(sourceOptions)))
    return ""
  }
  const report = `${out}/report.md`
  const { seed: _, ...shown } = settings
  yield* runStage({
    name: "tadner episodes",
    manifest: `${out}/manifest.json`,
    settings: plain({ ...shown, typeNames, limit, n, k, q, ...(n === undefined ? {} : { count }) }),
    seeds: {
      ...Object.fromEntries(runs.map(({ name, seed }) => [name, seed])),
      ...(n === undefined ? {} : { mineSeed })
    },
    inputs: [input, ...models],
    artefacts: [report, `${out}/scores.json`],
    work: attempt("tadner", async (signal) => {
      const source = await episodeSource(sourceOptions)
      const total = await solve(signal, source)
      const finished: Array<EpisodeRun> = []
      for (const { name, results } of runs) {
        const records = (await readResults(results)).filter(({ index }) => index < total)
        finished.push({ name, records })
      }
      const scores = finished.map(({ name, records }) => ({ run: name, ...runScores(records) }))
      await writeJson(`${out}/scores.json`, scores)
      const title = `TadNER, ${settings.mode} mode`
      const { description: episodes, file } = source
      await writeAtomic(report, [episodeReport({ title, episodes, file, runs: finished, settings: shown, seed: 0 })])
      const f1 = scores.reduce((sum, run) => sum + run.f1, 0) / scores.length
      return {
        counts: {
          episodes: { in: total * runs.length, out: finished.flatMap(({ records }) => records).length, dropped: {} }
        },
        summary: `${total} episodes x ${runs.length} runs, micro F1 ${f1.toFixed(2)}`
      }
    })
  })
  return yield* attempt("tadner", () => Bun.file(report).text())
})

/** What is left when the stage's own options are taken out. */
const adaptationOf = (options: TadnerEpisodesOptions): Omit<EpisodeOptions, "seed"> => {
  const { count: _, input: __, k: ___, limit: ____, mineSeed: _____, models: ______, n: _______, ...rest } = options
  const { out: a, q: b, seeds: c, shard: d, typeNames: e, ...adaptation } = rest
  return adaptation
}

/** @throws OptionError */
const runsOf = (models: ReadonlyArray<string>, seeds: ReadonlyArray<number>, out: string) => {
  const fail = (option: string, reason: string): never => {
    throw new OptionError({ component: "tadner episodes", option, reason })
  }
  if (models.length === 0) fail("model", "give at least one")
  if (models.length > 1 && seeds.length !== 1 && seeds.length !== models.length) {
    fail("seeds", `${seeds.length} for ${models.length} models; give one for all, or one each`)
  }
  const pairs =
    models.length === 1
      ? seeds.map((seed) => ({ model: models[0]!, seed }))
      : models.map((model, i) => ({ model, seed: seeds[i] ?? seeds[0]! }))
  const names = pairs.map(({ model, seed }) => `${basename(model)}-seed-${seed}`)
  if (new Set(names).size < names.length) fail("model", `two runs have one name: ${names.join(", ")}`)
  return pairs.map((pair, i) => ({ ...pair, name: names[i]!, results: `${out}/${names[i]}.jsonl` }))
}
