import type { BenchmarkResult } from "../benchmark/BenchmarkEvent.ts"
import { type Cell, overModels, overSets } from "../benchmark/Cell.ts"
import { compare } from "../benchmark/compare.ts"
import { readersOf, sizesOf, unitOf } from "../benchmark/decodeDefinition.ts"
import { type Metric, metricNames } from "../benchmark/Run.ts"
import { markdownTable } from "./table.ts"

/** A cell of the rows and columns of a table; undefined where nothing was measured. */
export type CellOf = (encoder: string, size: number) => Cell | undefined

/**
 * Scores by size of training sets, in Markdown. Rows: encoders; the spread over the models of those that have several; differences to the
 * first encoder, with their p.
 *
 * @param others whether the differences of all other pairs follow
 */
export const scoreTable = ({ definition }: BenchmarkResult, metric: Metric, cell: CellOf, others = false): string => {
  const sizes = sizesOf(definition)
  const readers = readersOf(definition)
  const encoders = readers.map(({ name }) => name)
  const cells = (encoder: string, show: (cell: Cell) => string | undefined) =>
    sizes.map((size) => {
      const found = cell(encoder, size)
      return (found && show(found)) ?? "–"
    })
  const rows = encoders.map((encoder) => [
    encoder,
    ...cells(encoder, (found) => {
      const { mean, standardDeviation } = overSets(found)
      return `${mean.toFixed(1)}${standardDeviation === undefined ? "" : ` ± ${standardDeviation.toFixed(1)}`}`
    })
  ])
  for (const { models, name } of readers) {
    if (models.length === 1) continue
    const spread = cells(name, (found) => overModels(found).standardDeviation?.toFixed(1))
    rows.push([`${name}, over ${models.length} seeds ±`, ...spread])
  }
  for (const [i, b] of encoders.entries()) {
    for (const a of encoders.slice(i + 1)) {
      if (i > 0 && !others) continue
      const comparisons = sizes.map((size) => {
        const [of, to] = [cell(a, size), cell(b, size)]
        return of && to && compare(of, to)
      })
      if (comparisons.every((comparison) => comparison === undefined)) continue
      rows.push(
        [
          `${a} − ${b}`,
          ...comparisons.map((found) =>
            found ? `${signed(found.difference)} [${signed(found.low)}, ${signed(found.high)}]` : "–"
          )
        ],
        ["p", ...comparisons.map((found) => (found ? pValue(found.p) : "–"))]
      )
    }
  }
  const unit = unitOf(definition)
  const head =
    unit === "whole"
      ? [metricNames[metric], "all training data"]
      : [`${metricNames[metric]}, ${unit} =`, ...sizes.map(String)]
  return markdownTable(head, rows)
}

const pValue = (p: number): string => (p < 0.0001 ? "<0.0001" : p.toFixed(4))
const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`
