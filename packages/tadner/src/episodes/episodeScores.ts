import { type Score, score } from "@nuner/metrics"
import type { EpisodeOutcome, MatchCounts } from "./EpisodeRecord.ts"

/** Pooled over episodes, in percent where they are rates. */
export interface EpisodeScores {
  readonly f1: number
  readonly precision: number
  readonly recall: number
  /** Under the other value of `normaliseOverSpans`. */
  readonly otherF1: number
  /** Over the episodes that are valid. */
  readonly validF1: number
  /** Without query sentences that stand in the support, too. */
  readonly unseenF1: number
  readonly spanF1: number
  /** Right types of gold spans. */
  readonly typing: number
  /** Part of the detector's spans that the filter drops, and part of the dropped that are no entity. */
  readonly filtered: number
  readonly rightlyFiltered: number
  readonly crashed: number
  /** Mean updates of each stage. */
  readonly detectorSteps: number
  readonly classifierSteps: number
  readonly secondsPerEpisode: number
}

/**
 * The scores of a run: counts of its episodes pooled, crashed ones left out.
 *
 * @param valid by index of an episode; one that is not listed is valid
 */
export const episodeScores = (
  records: ReadonlyArray<EpisodeOutcome>,
  valid: ReadonlyArray<boolean> = []
): EpisodeScores => {
  const scored = records.filter(({ crashed }) => !crashed)
  const entities = pooled(scored, ({ counts }) => counts)
  const spans = pooled(scored, ({ spans }) => spans)
  const removed = sum(scored, ({ filter }) => filter.removed)
  const mean = (of: (record: EpisodeOutcome) => number) => sum(records, of) / Math.max(1, records.length)
  return {
    f1: 100 * entities.f1,
    precision: 100 * entities.precision,
    recall: 100 * entities.recall,
    otherF1: 100 * pooled(scored, ({ otherChoice }) => otherChoice).f1,
    validF1:
      100 *
      pooled(
        scored.filter(({ index }) => valid[index] ?? true),
        ({ counts }) => counts
      ).f1,
    unseenF1: 100 * pooled(scored, ({ unseen }) => unseen).f1,
    spanF1: 100 * spans.f1,
    typing: percent(
      sum(scored, ({ typing }) => typing.correct),
      sum(scored, ({ typing }) => typing.total)
    ),
    filtered: percent(removed, spans.predicted),
    rightlyFiltered: percent(
      sum(scored, ({ filter }) => filter.rightly),
      removed
    ),
    crashed: records.length - scored.length,
    detectorSteps: mean(({ steps }) => steps.detector),
    classifierSteps: mean(({ steps }) => steps.classifier),
    secondsPerEpisode: mean(({ seconds }) => seconds)
  }
}

const sum = (records: ReadonlyArray<EpisodeOutcome>, of: (record: EpisodeOutcome) => number): number =>
  records.reduce((total, record) => total + of(record), 0)

const pooled = (records: ReadonlyArray<EpisodeOutcome>, of: (record: EpisodeOutcome) => MatchCounts): Score =>
  score(
    sum(records, (record) => of(record).correct),
    sum(records, (record) => of(record).predicted),
    sum(records, (record) => of(record).gold)
  )

const percent = (part: number, all: number): number => (all === 0 ? 0 : (100 * part) / all)
