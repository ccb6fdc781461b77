import type { BenchmarkResult } from "../benchmark/BenchmarkEvent.ts"
import { averageCell, type Cell, cellsOf, overSets } from "../benchmark/Cell.ts"
import { sizesOf, unitOf } from "../benchmark/decodeDefinition.ts"
import { paperTables } from "../benchmark/paper.ts"
import { metricNames } from "../benchmark/Run.ts"
import { markdownTable } from "./table.ts"

/** Paragraphs of Markdown: tables of the paper, its numbers below ours. */
export const paperReport = (result: BenchmarkResult): Array<string> => {
  const { datasets, definition } = result
  const unit = unitOf(definition)
  const wanted =
    definition.paper ?? (unit === "words" ? [10, 11] : definition.protocol.type === "frozen" ? [3] : [2, 8, 9])
  const tables = paperTables.filter(({ number }) => wanted.includes(number))
  if (tables.length === 0) return []
  const sections = tables.map(({ conditions, metric, number, of, protocol, rows, title, unit: theirs }) => {
    const cells = cellsOf(result, metric)
    const sizes = [
      ...new Set([...sizesOf(definition), ...Object.values(rows).flatMap((row) => Object.keys(row).map(Number))])
    ].sort((a, b) => a - b)
    const mean = (cell: Cell | undefined) => (cell === undefined ? "–" : overSets(cell).mean.toFixed(2))
    const average = (encoder: string, size: number) => {
      const over = datasets.filter(({ infeasible }) => infeasible.every((other) => other.size !== size))
      return mean(averageCell(over.map(({ name }) => cells(name, encoder, size))))
    }
    const row = (name: string, at: (size: number) => string) => [`ours: ${name}`, ...sizes.map(at)]
    const encoders = theirs === unit ? Object.keys(definition.encoders) : []
    const ours =
      of === "average"
        ? encoders.map((encoder) => row(encoder, (size) => average(encoder, size)))
        : datasets.flatMap(({ name }) =>
            encoders.map((encoder) => row(`${name}, ${encoder}`, (size) => mean(cells(name, encoder, size))))
          )
    const paper = Object.entries(rows).map(([name, values]) => [
      `paper: ${name}`,
      ...sizes.map((size) => values[size] ?? "–")
    ])
    const head = [`${metricNames[metric]}, ${theirs} =`, ...sizes.map(String)]
    const same = protocol === definition.protocol.type ? "" : ` Theirs is the protocol "${protocol}".`
    return `### Table ${number}: ${title}\n\nThe paper's: ${conditions}.${same}\n\n${markdownTable(head, [...ours, ...paper])}`
  })
  const note =
    "Printed in Bogdanov et al. (2024) for other models and, mostly, other datasets: for the shape of the curves, not for a comparison of\n" +
    `levels. Averages of ours are over ${datasets.length === 1 ? datasets[0]!.name : "the datasets that have sets of the size"}.`
  return ["## The paper's numbers", note, ...sections]
}
