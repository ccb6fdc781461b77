import { bootstrap, summarise } from "@nuner/metrics"
import type { EpisodeFileReport } from "@nuner/miner"
import type { EpisodeOutcome, EpisodeScores, SpanScheme } from "@nuner/tadner"
import { episodeCounts } from "./episodeCounts.ts"
import { markdownTable } from "./table.ts"

/** The episodes of one model under one seed. */
export interface EpisodeRun {
  readonly name: string
  /** The tags of the model's detector. */
  readonly scheme: SpanScheme
  readonly records: ReadonlyArray<EpisodeOutcome>
  readonly scores: EpisodeScores
}

export interface EpisodeReportInput {
  readonly title: string
  readonly episodes: string
  readonly file?: EpisodeFileReport | undefined
  readonly runs: ReadonlyArray<EpisodeRun>
  /** Types and their names in natural language. */
  readonly names: ReadonlyArray<readonly [type: string, name: string]>
  /** What differs from run to run is not among them. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Of the bootstrap. */
  readonly seed: number
}

const rows: ReadonlyArray<readonly [string, (run: EpisodeRun) => string]> = [
  ["micro F1", ({ scores }) => show(scores.f1)],
  ["precision", ({ scores }) => show(scores.precision)],
  ["recall", ({ scores }) => show(scores.recall)],
  ["F1, other type choice", ({ scores }) => show(scores.otherF1)],
  ["F1 of the valid episodes", ({ scores }) => show(scores.validF1)],
  ["F1, unseen query sentences", ({ scores }) => show(scores.unseenF1)],
  ["span F1", ({ scores }) => show(scores.spanF1)],
  ["typing of gold spans", ({ scores }) => show(scores.typing)],
  ["spans filtered", ({ scores }) => show(scores.filtered)],
  ["of them no entity", ({ scores }) => show(scores.rightlyFiltered)],
  ["episodes that crashed", ({ scores }) => String(scores.crashed)],
  ["tags", ({ scheme }) => scheme],
  ["updates, detector", ({ scores }) => scores.detectorSteps.toFixed(1)],
  ["updates, classifier", ({ scores }) => scores.classifierSteps.toFixed(1)],
  ["s/episode", ({ scores }) => show(scores.secondsPerEpisode)]
]

/** The report of a run over episodes, in Markdown. */
export const episodeReport = ({ episodes, file, names, runs, seed, settings, title }: EpisodeReportInput): string => {
  const interval = bootstrap({ counts: runs.map(({ records }) => episodeCounts(records)), seed })
  const { mean, standardDeviation } = summarise(runs.map(({ scores }) => scores.f1))
  const spread =
    standardDeviation === undefined
      ? "one run: no standard deviation over seeds"
      : `standard deviation over ${runs.length} runs ${show(standardDeviation)}`
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
    markdownTable(
      ["", ...runs.map(({ name }) => name)],
      rows.map(([name, cell]) => [name, ...runs.map(cell)])
    ),
    "",
    "Exact matches (start, end, type), pooled over episodes; rates in percent. Span F1 is the detector's, before the filter; an episode",
    "that crashed has no part in the scores. The other type choice: scores normalised over the query's spans where they were not, and",
    "the other way round. Unseen: without query sentences that stand in the support of their episode, too.",
    "",
    `Settings: ${Object.entries(settings)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ")}.`,
    "",
    `Types by name: ${names.map(([type, name]) => `${type} "${name}"`).join(", ")}.`,
    ""
  ].join("\n")
}

const show = (value: number): string => value.toFixed(2)

const fileNotes = (file: EpisodeFileReport | undefined): Array<string> => {
  if (file === undefined) return []
  const kinds = Object.entries(file.problems).map(([kind, count]) => `${kind} ${count}`)
  const problems =
    kinds.length === 0 ? "" : `; of the others some problem (${kinds.join(", ")}), and they are run as well`
  return [`SHA-256 ${file.sha256}; ${file.valid} of ${file.episodes} are valid${problems}.`]
}
