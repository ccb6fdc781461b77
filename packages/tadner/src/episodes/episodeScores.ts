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
    f1: f1(entities),
    precision: percent(entities.correct, entities.predicted),
    recall: percent(entities.correct, entities.gold),
    otherF1: f1(pooled(scored, ({ otherChoice }) => otherChoice)),
    validF1: f1(
      pooled(
        scored.filter(({ index }) => valid[index] ?? true),
        ({ counts }) => counts
      )
    ),
    unseenF1: f1(pooled(scored, ({ unseen }) => unseen)),
    spanF1: f1(spans),
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

const pooled = (records: ReadonlyArray<EpisodeOutcome>, of: (record: EpisodeOutcome) => MatchCounts): MatchCounts => ({
  correct: sum(records, (record) => of(record).correct),
  predicted: sum(records, (record) => of(record).predicted),
  gold: sum(records, (record) => of(record).gold)
})

const percent = (part: number, all: number): number => (all === 0 ? 0 : (100 * part) / all)
const f1 = ({ correct, gold, predicted }: MatchCounts): number => percent(2 * correct, predicted + gold)
