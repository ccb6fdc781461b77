import { bootstrap, countEpisodes, summarise } from "@nuner/metrics"
import type { EpisodeFileReport } from "@nuner/miner"
import type { EpisodeRecord, MatchCounts } from "@nuner/tadner"
import { markdownTable } from "./table.ts"

/** The episodes of one model under one seed. */
export interface EpisodeRun {
  readonly name: string
  readonly records: ReadonlyArray<EpisodeRecord>
}

export interface EpisodeReportInput {
  readonly title: string
  readonly episodes: string
  readonly file?: EpisodeFileReport | undefined
  readonly runs: ReadonlyArray<EpisodeRun>
  /** What differs from run to run is not among them. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Of the bootstrap. */
  readonly seed: number
}

/** Pooled over episodes, in percent where they are rates. */
export interface RunScores {
  readonly f1: number
  readonly precision: number
  readonly recall: number
  /** Under the other value of `normaliseOverSpans`. */
  readonly otherF1: number
  readonly spanF1: number
  /** Right types of gold spans. */
  readonly typing: number
  /** Part of the detector's spans that the filter drops, and part of the dropped that are no entity. */
  readonly filtered: number
  readonly rightlyFiltered: number
  readonly crashed: number
  readonly secondsPerEpisode: number
}

export const runScores = (records: ReadonlyArray<EpisodeRecord>): RunScores => {
  const scored = records.filter(({ crashed }) => !crashed)
  const sum = (of: (record: EpisodeRecord) => number) => scored.reduce((total, record) => total + of(record), 0)
  const pooled = (of: (record: EpisodeRecord) => MatchCounts): MatchCounts => ({
    correct: sum((record) => of(record).correct),
    predicted: sum((record) => of(record).predicted),
    gold: sum((record) => of(record).gold)
  })
  const entities = pooled(({ counts }) => counts)
  const spans = pooled(({ spans }) => spans)
  const removed = sum(({ filter }) => filter.removed)
  return {
    f1: f1(entities),
    precision: percent(entities.correct, entities.predicted),
    recall: percent(entities.correct, entities.gold),
    otherF1: f1(pooled(({ otherChoice }) => otherChoice)),
    spanF1: f1(spans),
    typing: percent(
      sum(({ typing }) => typing.correct),
      sum(({ typing }) => typing.total)
    ),
    filtered: percent(removed, spans.predicted),
    rightlyFiltered: percent(
      sum(({ filter }) => filter.rightly),
      removed
    ),
    crashed: records.length - scored.length,
    secondsPerEpisode: records.reduce((total, { seconds }) => total + seconds, 0) / Math.max(1, records.length)
  }
}

const percent = (part: number, all: number): number => (all === 0 ? 0 : (100 * part) / all)
const f1 = ({ correct, gold, predicted }: MatchCounts): number => percent(2 * correct, predicted + gold)

/** The report of a run over episodes, in Markdown. */
export const episodeReport = ({ episodes, file, runs, seed, settings, title }: EpisodeReportInput): string => {
  const all = runs.map(({ name, records }) => ({ name, ...runScores(records) }))
  // A crashed episode counts nothing, so that every run has the same units.
  const counts = runs.map(({ records }) =>
    countEpisodes(
      records.map(({ crashed, gold, predicted }) => {
        const pairs = (side: typeof gold) => (crashed ? [] : side.map((entities) => ({ entities })))
        return { gold: pairs(gold), predicted: pairs(predicted) }
      })
    )
  )
  const interval = bootstrap({ counts, seed })
  const { mean, standardDeviation } = summarise(all.map(({ f1 }) => f1))
  const spread =
    standardDeviation === undefined
      ? "one run: no standard deviation over seeds"
      : `standard deviation over ${runs.length} runs ${standardDeviation.toFixed(2)}`
  const show = (value: number) => value.toFixed(2)
  const rows = all.map((run) => [
    run.name,
    ...[run.f1, run.precision, run.recall, run.otherF1, run.spanF1, run.typing, run.filtered, run.rightlyFiltered].map(
      show
    ),
    String(run.crashed),
    show(run.secondsPerEpisode)
  ])
  const head = [
    ...["run", "micro F1", "precision", "recall", "F1, other type choice", "span F1", "typing of gold spans"],
    ...["spans filtered", "of them no entity", "crashed", "s/episode"]
  ]
  return [
    `# ${title}`,
    "",
    `${episodes}; ${runs[0]!.records.length} of them run.`,
    ...fileNotes(file),
    "",
    `**Pooled micro F1 ${show(mean)}**; ${spread}; ` +
      `${Math.round(100 * interval.confidence)} % interval by bootstrap over ${interval.units} episodes ` +
      `${show(100 * interval.low)} to ${show(100 * interval.high)} (${interval.resamples} resamples).`,
    "",
    markdownTable(head, rows),
    "",
    "Exact matches (start, end, type), pooled over episodes; rates in percent. Span F1 is the detector's, before the filter; an episode",
    "that crashed has no part in the scores. The other type choice: scores normalised over the query's spans where they were not, and",
    "the other way round.",
    "",
    `Settings: ${Object.entries(settings)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ")}.`,
    ""
  ].join("\n")
}

const fileNotes = (file: EpisodeFileReport | undefined): Array<string> => {
  if (file === undefined) return []
  const kinds = Object.entries(file.problems).map(([kind, count]) => `${kind} ${count}`)
  const problems = kinds.length === 0 ? "" : ` (episodes with a problem of a kind: ${kinds.join(", ")})`
  return [`SHA-256 ${file.sha256}; ${file.valid} of ${file.episodes} are valid${problems}.`]
}
