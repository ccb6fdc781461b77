import { writeAtomic, writeJson } from "@nuner/core"
import { useEngine } from "@nuner/engine"
import {
  type EpisodeOptions,
  type EpisodeRecord,
  episodeScores,
  episodeSettings,
  loadModel,
  nameTypes,
  readOutcomes,
  runEpisodes,
  type Shard,
  type SpanScheme
} from "@nuner/tadner"
import { Effect } from "effect"
import { attempt } from "../../errors.ts"
import { readTypeNames, typeNamesFile } from "../../inputs/readTypeNames.ts"
import { type SkippedRecords, skippedRecords } from "../../inputs/skippedRecords.ts"
import { episodeReport } from "../../report/episodeReport.ts"
import { Progress } from "../../services/Progress.ts"
import { runStage } from "../../services/stage.ts"
import { plain } from "../plain.ts"
import { episodeRuns, type PlannedRun } from "./episodeRuns.ts"
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
  const {
    count,
    data = {},
    input,
    k,
    limit,
    mineSeed,
    models,
    n,
    out,
    q,
    seeds,
    shard,
    typeNames,
    ...adaptation
  } = options
  const progress = yield* Progress
  const settings = yield* attempt("tadner", () => episodeSettings(adaptation))
  const runs = yield* attempt("tadner", () => episodeRuns(models, seeds, out))
  const names = yield* attempt("tadner", () => readTypeNames(typeNames))
  const given = {
    input,
    k,
    count,
    mineSeed,
    data,
    ...(n !== undefined && { n }),
    ...(q !== undefined && { q })
  }
  const open = async (skipped?: SkippedRecords): Promise<EpisodeSource & { readonly total: number }> => {
    const source = await episodeSource(given, { say: progress.say, out: skipped })
    return { ...source, total: Math.min(source.count, limit ?? source.count) }
  }

  /** Leaves the run's results in its file. @returns the tags of the model */
  const solve = async (
    { model: directory, name, results, seed }: PlannedRun,
    { episodes, total }: EpisodeSource & { readonly total: number },
    signal: AbortSignal
  ): Promise<SpanScheme> => {
    const model = await loadModel(directory)
    try {
      const shared = { ...adaptation, model, results, seed, signal, typeNames: names, episodes: episodes() }
      const part = { ...(limit !== undefined && { limit }), ...(shard && { shard }) }
      let done = 0
      const pool = { correct: 0, both: 0 }
      const noteOf = ({ counts, crashed, seconds }: EpisodeRecord): string => {
        if (!crashed) {
          pool.correct += 2 * counts.correct
          pool.both += counts.predicted + counts.gold
        }
        const f1 = ((100 * pool.correct) / Math.max(1, pool.both)).toFixed(1)
        return `${name}  F1 ${f1}  ${seconds.toFixed(2)} s`
      }
      for await (const event of runEpisodes({ ...shared, ...part })) {
        if (event.type === "start") done = event.resumed
        if (event.type !== "episode") continue
        progress.update({ stage: "episodes", done: ++done, total, note: noteOf(event.record) })
      }
      signal.throwIfAborted()
      return model.detector.scheme
    } finally {
      model.dispose()
    }
  }

  if (shard) {
    yield* attempt("tadner", async (signal) => {
      const source = await open()
      await useEngine()
      for (const run of runs) await solve(run, source, signal)
    })
    return ""
  }
  const report = `${out}/report.md`
  const { seed: _, ...shown } = settings
  yield* runStage({
    name: "tadner episodes",
    manifest: `${out}/manifest.json`,
    settings: plain({ ...shown, typeNames, limit, n, k, q, ...(n === undefined ? {} : { count, data }) }),
    seeds: {
      ...Object.fromEntries(runs.map(({ name, seed }) => [name, seed])),
      ...(n === undefined ? {} : { mineSeed })
    },
    inputs: [input, ...models, ...typeNamesFile(typeNames)],
    artefacts: [report, `${out}/scores.json`, ...runs.map(({ results }) => results)],
    tensors: true,
    work: attempt("tadner", async (signal) => {
      const skipped = skippedRecords(out)
      const source = await open(skipped)
      const { description: episodes, file, records: read, total, valid } = source
      const finished = []
      for (const run of runs) {
        const scheme = await solve(run, source, signal)
        const records = (await readOutcomes(run.results)).filter(({ index }) => index < total)
        finished.push({ name: run.name, scheme, records, scores: episodeScores(records, valid) })
      }
      await writeJson(
        `${out}/scores.json`,
        finished.map(({ name, scheme, scores }) => ({ run: name, scheme, ...scores }))
      )
      const title = `TadNER, ${settings.mode} mode`
      const types = [...new Set(finished.flatMap(({ records }) => records.flatMap(({ types }) => types)))].sort()
      const named = nameTypes(types, names).map((name, i) => [types[i]!, name] as const)
      const input = { title, episodes, file, runs: finished, names: named, settings: shown, seed: 0 }
      await writeAtomic(report, [episodeReport(input)])
      const f1 = finished.reduce((sum, { scores }) => sum + scores.f1, 0) / finished.length
      return {
        files: skipped.files,
        counts: {
          ...(read === undefined ? {} : { records: read }),
          episodes: {
            in: total * runs.length,
            out: finished.reduce((sum, { records }) => sum + records.length, 0),
            dropped: {}
          }
        },
        summary: `${total} episodes x ${runs.length} runs, micro F1 ${f1.toFixed(2)}`
      }
    })
  })
  return yield* attempt("tadner", () => Bun.file(report).text())
})
