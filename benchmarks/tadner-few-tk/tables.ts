import { pairedBootstrap } from "@nuner/metrics"
import { episodeCounts, markdownTable } from "@nuner/pipelines"
import { type EpisodeRecord, type EpisodeScores, episodeScores, type MatchCounts } from "@nuner/tadner"

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

/** All test episodes: a row an encoder and mode; the F1 of each file, and behind it the one on query sentences that the support does not have. */
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
        return run === undefined ? "–" : `${show(run.scores.f1)} / ${show(run.scores.unseenF1)}`
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

/** What a switch makes of some episodes. */
interface Row {
  readonly name: string
  readonly published: ReadonlyArray<EpisodeRecord>
  readonly so: ReadonlyArray<EpisodeRecord>
  /** Default: of entities. */
  readonly countsOf?: (record: EpisodeRecord) => MatchCounts
}

/** Each variation against the published mode of the same encoder on the same episodes (paired bootstrap over episodes). */
const differences = (rows: ReadonlyArray<Row>): string =>
  markdownTable(
    ["published, but", "published", "so", "difference", "95 %", "unseen: published", "so"],
    rows.map(({ countsOf: of, name, published, so }) => {
      const pair = { a: episodeCounts(so, of), b: episodeCounts(published) }
      const { a, b, difference, high, low } = pairedBootstrap({ ...pair, seed: 0, resamples: 10_000 })
      const sign = (value: number) => `${value < 0 ? "" : "+"}${show(100 * value)}`
      // Of the other choice of types no counts without seen sentences are kept.
      const unseen = [published, so].map((records) => show(episodeScores(records).unseenF1))
      return [
        ...[name, show(100 * b), show(100 * a), sign(difference), `${sign(low)} to ${sign(high)}`],
        ...(of === undefined ? unseen : ["–", "–"])
      ]
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
      const cut = records.filter(({ truncated }) => truncated > 0).map(({ index }) => index)
      const withLong = (of: Finished) => {
        const places = new Map(cut.map((index, i) => [index, of.records[i]!]))
        return records.map((record) => places.get(record.index) ?? record)
      }
      return [
        {
          ...{ name: `${encoder}: types chosen without the norm over the query`, published: records, so: records },
          countsOf: ({ otherChoice }) => otherChoice
        },
        {
          ...{ name: `${encoder}: an empty prediction instead of a crash`, published: records },
          so: records.map((record) => ({ ...record, crashed: false }))
        },
        ...long
          .filter((one) => one.encoder === encoder && one.records.length === cut.length)
          .map((one) => ({ name: `${encoder}: ${one.variation}`, published: records, so: withLong(one) }))
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
          return {
            ...{ name: `${encoder}: ${one.variation}`, so: one.records },
            published: records.filter(({ index }) => same.has(index))
          }
        })
    )
  )
