import { type Counts, pairedBootstrap } from "@nuner/metrics"
import { markdownTable } from "@nuner/pipelines"
import type { EpisodeRecord, EpisodeScores, MatchCounts } from "@nuner/tadner"

/** A finished run over episodes. */
export interface Finished {
  readonly table: "main" | "switches" | "long"
  readonly encoder: string
  readonly variation: string
  readonly file: string
  readonly scores: EpisodeScores
  readonly records: ReadonlyArray<EpisodeRecord>
}

const show = (value: number): string => value.toFixed(1)

/** All test episodes: a row an encoder and mode, the F1 of each file. */
export const mainTable = (runs: ReadonlyArray<Finished>, files: ReadonlyArray<string>): string => {
  const rows = [...new Set(runs.map(({ encoder, variation }) => `${encoder}, ${variation}`))]
  const of = (row: string, file: string) =>
    runs.find((run) => `${run.encoder}, ${run.variation}` === row && run.file === file)
  return markdownTable(
    ["encoder, mode", ...files],
    rows.map((row) => [
      row,
      ...files.map((file) => {
        const run = of(row, file)
        return run === undefined ? "–" : show(run.scores.f1)
      })
    ])
  )
}

/** What is behind each F1: a row a run. */
export const detailTable = (runs: ReadonlyArray<Finished>): string => {
  const head = ["run", "F1", "unseen", "valid", "other choice", "span F1", "typing"]
  return markdownTable(
    [...head, "filtered", "no entity", "crashed", "updates", "s"],
    runs.map(({ encoder, file, scores, variation }) => [
      `${encoder}, ${variation}, ${file}`,
      ...[scores.f1, scores.unseenF1, scores.validF1, scores.otherF1, scores.spanF1, scores.typing].map(show),
      ...[scores.filtered, scores.rightlyFiltered].map(show),
      String(scores.crashed),
      `${scores.detectorSteps.toFixed(0)} + ${scores.classifierSteps.toFixed(0)}`,
      scores.secondsPerEpisode.toFixed(2)
    ])
  )
}

/** The counts of episodes as the bootstrap takes them. */
const countsOf = (records: ReadonlyArray<EpisodeRecord>, of: (record: EpisodeRecord) => MatchCounts): Counts => {
  const column = (key: keyof MatchCounts) => Int32Array.from(records, (record) => of(record)[key])
  return {
    ...{ units: records.length, types: ["entity"], allTypes: false },
    starts: Int32Array.from({ length: records.length + 1 }, (_, i) => i),
    typeOf: new Int32Array(records.length),
    ...{ correct: column("correct"), predicted: column("predicted"), gold: column("gold") }
  }
}

const none: MatchCounts = { correct: 0, predicted: 0, gold: 0 }
const entities = ({ counts, crashed }: EpisodeRecord): MatchCounts => (crashed ? none : counts)

type Row = readonly [name: string, published: Counts, variation: Counts]

/** Each variation against the published mode of the same encoder on the same episodes (paired bootstrap over episodes). */
const differences = (rows: ReadonlyArray<Row>): string =>
  markdownTable(
    ["published, but", "published", "so", "difference", "95 %"],
    rows.map(([name, published, variation]) => {
      const { a, b, difference, high, low } = pairedBootstrap({
        a: variation,
        b: published,
        seed: 0,
        resamples: 10_000
      })
      const sign = (value: number) => `${value < 0 ? "" : "+"}${show(100 * value)}`
      return [name, show(100 * b), show(100 * a), sign(difference), `${sign(low)} to ${sign(high)}`]
    })
  )

/**
 * Switches whose worth is known for a whole file: two that its own records tell, and what becomes of long sentences, which matters only to the
 * episodes that have such (an episode's result does not depend on the others).
 *
 * @param long on these episodes alone, in order
 */
export const wholeFileTable = (published: ReadonlyArray<Finished>, long: ReadonlyArray<Finished>): string =>
  differences(
    published.flatMap(({ encoder, records }): Array<Row> => {
      const start = countsOf(records, entities)
      const cut = records.filter(({ truncated }) => truncated > 0).map(({ index }) => index)
      const withLong = (of: Finished) => {
        const places = new Map(cut.map((index, i) => [index, of.records[i]!]))
        return countsOf(
          records.map((record) => places.get(record.index) ?? record),
          entities
        )
      }
      return [
        [
          `${encoder}: types chosen without the norm over the query`,
          start,
          countsOf(records, ({ crashed, otherChoice }) => (crashed ? none : otherChoice))
        ],
        [`${encoder}: an empty prediction instead of a crash`, start, countsOf(records, ({ counts }) => counts)],
        ...long
          .filter((one) => one.encoder === encoder && one.records.length === cut.length)
          .map((one): Row => [`${encoder}: ${one.variation}`, start, withLong(one)])
      ]
    })
  )

/** Switches that need a run of their own, on the first episodes of a file. */
export const switchTable = (published: ReadonlyArray<Finished>, variations: ReadonlyArray<Finished>): string =>
  differences(
    published.flatMap(({ encoder, records }) =>
      variations
        .filter((one) => one.encoder === encoder)
        .map((one): Row => {
          const same = new Set(one.records.map(({ index }) => index))
          const start = records.filter(({ index }) => same.has(index))
          return [`${encoder}: ${one.variation}`, countsOf(start, entities), countsOf(one.records, entities)]
        })
    )
  )
