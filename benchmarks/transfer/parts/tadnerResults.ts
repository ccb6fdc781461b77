import { join } from "node:path"
import { pairedBootstrap, summarise } from "@nuner/metrics"
import { episodeCounts, markdownTable } from "@nuner/pipelines"
import { type EpisodeRecord, episodeScores, type MatchCounts, readResults } from "@nuner/tadner"
import type { Experiment } from "../Experiment.ts"
import { comparisons, encoders } from "./tadner.ts"

/** What stands of an encoder's runs over the same episodes: seed -> index of an episode -> its record. */
type Runs = ReadonlyMap<number, ReadonlyMap<number, EpisodeRecord>>

const runsOf = async (folder: string): Promise<Runs> => {
  const scores = Bun.file(join(folder, "scores.json"))
  if (!(await scores.exists())) return new Map()
  const runs = (await scores.json()) as ReadonlyArray<{ readonly run: string }>
  const records = runs.map(async ({ run }) => {
    const own = await readResults(join(folder, `${run}.jsonl`))
    return [Number(/-seed-(\d+)$/.exec(run)?.[1]), new Map(own.map((record) => [record.index, record]))] as const
  })
  return new Map(await Promise.all(records))
}

/** The records of two encoders' runs on the episodes that both have gone through, a list a seed. */
const paired = (a: Runs, b: Runs): ReadonlyArray<readonly [Array<EpisodeRecord>, Array<EpisodeRecord>]> =>
  [...a]
    .map(([seed, records]) => {
      const other = b.get(seed)
      const common = [...records.values()].filter(({ index }) => other?.has(index))
      return [common, common.map(({ index }) => other!.get(index)!)] as const
    })
    .filter(([common]) => common.length > 0)

/** NuNER against its base on the same episodes, pooled micro F1, and on query sentences that the support does not have. */
export const tadnerTable = async (experiment: Experiment): Promise<string | undefined> => {
  const show = (value: number) => `${value < 0 ? "−" : "+"}${Math.abs(100 * value).toFixed(1)}`
  const rows = await Promise.all(
    comparisons(experiment).map(async ({ name, runs }) => {
      const pairs = paired(await runsOf(runs.base), await runsOf(runs.NuNER))
      if (pairs.length === 0) return [name, ...Array<string>(7).fill("not run")]
      const [base, nuner] = [pairs.map(([own]) => own), pairs.map(([, own]) => own)]
      const counts = (of: typeof base) => of.map((records) => episodeCounts(records))
      const difference = pairedBootstrap({ a: counts(nuner), b: counts(base), seed: 0, resamples: 10_000 })
      const unseen = [base, nuner].map((of) => summarise(of.map((records) => episodeScores(records).unseenF1)).mean)
      return [
        ...[name, String(pairs.length), [...new Set(base.map((records) => records.length))].join(", ")],
        ...[(100 * difference.b).toFixed(1), (100 * difference.a).toFixed(1)],
        `${show(difference.difference)} [${show(difference.low)}, ${show(difference.high)}]`,
        ...unseen.map((score) => score.toFixed(1))
      ]
    })
  )
  if (rows.every((row) => row[1] === "not run")) return undefined
  const head = [
    "episodes of Few_TK",
    "runs",
    "episodes",
    "base",
    "NuNER",
    "difference",
    "unseen: base",
    "unseen: NuNER"
  ]
  return markdownTable(head, rows)
}

/** Right, predicted and gold. */
type Three = readonly [number, number, number]
const three = ({ correct, predicted, gold }: MatchCounts): Three => [correct, predicted, gold]

/** The counts of one episode that stands: the table and its intervals follow from these. */
interface EpisodeLine {
  /** Which episodes, adapted how: a row of the table. */
  readonly episodes: string
  readonly encoder: (typeof encoders)[number]
  readonly seed: number
  readonly index: number
  readonly crashed: boolean
  readonly entities: Three
  /** Of query sentences that the support does not have. */
  readonly unseen: Three
  /** Of the detector's spans, before the filter. */
  readonly spans: Three
  /** Updates of the detector and of the classifier. */
  readonly steps: readonly [number, number]
}

/** The counts of every episode that stands, one JSON value a line. */
export const tadnerEpisodes = async (experiment: Experiment): Promise<string | undefined> => {
  const lines: Array<EpisodeLine> = []
  for (const { name, runs } of comparisons(experiment)) {
    for (const encoder of encoders) {
      for (const [seed, records] of await runsOf(runs[encoder])) {
        for (const { counts, crashed, index, spans, steps, unseen } of records.values()) {
          lines.push({
            ...{ episodes: name, encoder, seed, index, crashed },
            ...{ entities: three(counts), unseen: three(unseen), spans: three(spans) },
            steps: [steps.detector, steps.classifier]
          })
        }
      }
    }
  }
  return lines.length === 0 ? undefined : lines.map((line) => JSON.stringify(line)).join("\n")
}
