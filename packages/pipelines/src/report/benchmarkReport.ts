import { basename } from "node:path"
import type { BenchmarkResult } from "../benchmark/BenchmarkEvent.ts"
import { averageCell, type Cell, cellsOf, compare, overModels, overSets } from "../benchmark/Cell.ts"
import type { DatasetReport } from "../benchmark/Dataset.ts"
import { setsOf, sizesOf, unitOf } from "../benchmark/decodeDefinition.ts"
import { paperTables } from "../benchmark/paper.ts"
import { type Metric, metricNames } from "../benchmark/Run.ts"
import { markdownTable } from "./table.ts"

/** The metric that the paper reports under a protocol: entities for fine-tuning with k~2k sets, words otherwise. */
export const mainMetric = ({ definition }: BenchmarkResult): Metric =>
  definition.protocol.type === "full" && unitOf(definition) === "k" ? "entityMicroF1" : "tokenMacroF1"

/** All tables of a benchmark, in Markdown. */
export const benchmarkReport = (result: BenchmarkResult): string => {
  const { datasets } = result
  const sections = datasets.map((dataset) => `## ${dataset.name}\n\n${datasetReport(result, dataset)}`)
  const averages = datasets.length > 1 ? [averageReport(result)] : []
  return ["# Benchmark", howToRead(result), ...averages, ...sections, ...paperReport(result)].join("\n\n").concat("\n")
}

/** What was measured on a dataset, and its tables. */
export const datasetReport = (result: BenchmarkResult, dataset: DatasetReport): string =>
  [
    describeDataset(dataset),
    ...metrics(result).map((metric) => {
      const cells = cellsOf(result, metric)
      return scoreTable(result, metric, (encoder, size) => cells(dataset.name, encoder, size))
    }),
    ...dataset.infeasible.map(({ reason, size }) => `${unitOf(result.definition)} = ${size}: ${reason}`)
  ].join("\n\n")

/** A dataset in a line: its types, its test set, and what was taken out of it. */
export const describeDataset = ({ notDrawn, removed, testSentences, trainSentences, types, unseen }: DatasetReport) => {
  const files = Object.entries(removed)
  const total = files.reduce((sum, [, count]) => sum + count, 0)
  const where = files.map(([file, count]) => `${count} in ${basename(file)}`).join(", ")
  return [
    `${types.length} types, sets from ${trainSentences} sentences, scored on ${testSentences}`,
    ...(files.length === 0 ? [] : [`; ${total} test sentences removed (${where})`]),
    ...(notDrawn === 0 ? [] : [`; ${notDrawn} test sentences not drawn`]),
    ...(unseen.length === 0 ? [] : [`; types that training never has, all missed: ${unseen.join(", ")}`]),
    "."
  ].join("")
}

const metrics = (result: BenchmarkResult): Array<Metric> =>
  mainMetric(result) === "tokenMacroF1" ? ["tokenMacroF1", "entityMicroF1"] : ["entityMicroF1", "tokenMacroF1"]

const averageReport = (result: BenchmarkResult): string => {
  const { datasets, definition } = result
  const sizes = sizesOf(definition)
  const has = (dataset: DatasetReport, size: number) => dataset.infeasible.every((other) => other.size !== size)
  const whole = datasets.filter((dataset) => sizes.every((size) => has(dataset, size)))
  const table = (metric: Metric, over: (size: number) => ReadonlyArray<DatasetReport>, others: boolean) => {
    const cells = cellsOf(result, metric)
    const cell: CellOf = (encoder, size) => averageCell(over(size).map(({ name }) => cells(name, encoder, size)))
    return scoreTable(result, metric, cell, others)
  }
  const parts = ["## Average over datasets"]
  if (whole.length > 0) {
    const names = whole.length === datasets.length ? `all ${datasets.length} datasets` : list(whole)
    parts.push(
      whole.length === datasets.length
        ? `Over ${names}.`
        : `Over those with sets of every size, so that sizes can be compared: ${names}.`,
      ...metrics(result).map((metric, i) => table(metric, () => whole, i === 0))
    )
  }
  if (whole.length < datasets.length) {
    const missing = sizes.flatMap((size) => {
      const without = datasets.filter((dataset) => !has(dataset, size))
      return without.length === 0 ? [] : [`${unitOf(definition)} = ${size} without ${list(without)}`]
    })
    parts.push(
      `Over all that have sets of the size, so that only encoders can be compared: ${missing.join("; ")}.`,
      ...metrics(result).map((metric) =>
        table(metric, (size) => datasets.filter((dataset) => has(dataset, size)), false)
      )
    )
  }
  return parts.join("\n\n")
}

const list = (datasets: ReadonlyArray<DatasetReport>): string => datasets.map(({ name }) => name).join(", ")

type CellOf = (encoder: string, size: number) => Cell | undefined

/**
 * Rows: encoders, then differences to the first with their p, then the spread over models; columns: sizes.
 *
 * @param others the differences of all other pairs too
 */
const scoreTable = ({ definition }: BenchmarkResult, metric: Metric, cell: CellOf, others = false): string => {
  const sizes = sizesOf(definition)
  const encoders = Object.keys(definition.encoders)
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
  for (const encoder of encoders) {
    if (typeof definition.encoders[encoder] === "string" || definition.encoders[encoder]!.length === 1) continue
    const spread = cells(encoder, (found) => overModels(found).standardDeviation?.toFixed(1))
    rows.push([`${encoder}, over ${definition.encoders[encoder]!.length} seeds ±`, ...spread])
  }
  for (const [i, b] of encoders.entries()) {
    for (const a of encoders.slice(i + 1)) {
      if (i > 0 && !others) continue
      const comparisons = sizes.map((size) => {
        const [of, to] = [cell(a, size), cell(b, size)]
        return of && to && compare(of, to, definition.seed)
      })
      if (comparisons.every((comparison) => comparison === undefined)) continue
      rows.push(
        [
          `${a} − ${b}`,
          ...comparisons.map((found) =>
            found ? `${signed(found.difference)} [${signed(found.low)}, ${signed(found.high)}]` : "–"
          )
        ],
        [
          "p; sets won",
          ...comparisons.map((found) =>
            found ? `${found.p < 0.001 ? "< 0.001" : found.p.toFixed(3)}; ${found.won}/${found.runs}` : "–"
          )
        ]
      )
    }
  }
  return markdownTable([`${metricNames[metric]}, ${unitOf(definition)} =`, ...sizes.map(String)], rows)
}

const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`

const howToRead = ({ definition }: BenchmarkResult): string => {
  const { protocol, seed, testSize } = definition
  const sizes = sizesOf(definition)
  const counts = [...new Set(sizes.map((size) => setsOf(definition, size)))]
  const { type, ...settings } = protocol
  const told = Object.entries(settings).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  const several = Object.values(definition.encoders).some((models) => typeof models !== "string" && models.length > 1)
  return [
    `Protocol ${type} (${told.join(", ")}); ${counts.join(" / ")} sets for each ${unitOf(definition)}, the same for every encoder; seed ${seed}` +
      `${testSize === undefined ? "" : `; at most ${testSize} test sentences`}. F1 in percent.`,
    "",
    "- `a ± b`: mean over sets and standard deviation over sets (how far one set's score lies from the mean; no interval).",
    ...(several
      ? [
          "- An encoder with several models (seeds): a set's score is the mean over models. `over n seeds ±`: standard deviation of the models'",
          "  means over sets."
        ]
      : []),
    "- `a − b`: mean difference on the same sets, with a 95 % bootstrap interval over sets; `p`: two-sided, of the same resampling. They speak",
    "  of other training sets for these models and this test set; with fewer than about 10 sets both are too sure, so the sets won are there too."
  ].join("\n")
}

/** The paper's numbers with ours, where the protocols agree. */
const paperReport = (result: BenchmarkResult): Array<string> => {
  const { datasets, definition } = result
  const unit = unitOf(definition)
  const wanted =
    definition.paper ?? (unit === "words" ? [10, 11] : definition.protocol.type === "frozen" ? [3] : [2, 8, 9])
  const tables = paperTables.filter(({ number }) => wanted.includes(number))
  if (tables.length === 0) return []
  const sections = tables.map(({ conditions, metric, number, protocol, rows, title, unit: theirs }) => {
    const cells = cellsOf(result, metric)
    const sizes = [
      ...new Set([...sizesOf(definition), ...Object.values(rows).flatMap((row) => Object.keys(row).map(Number))])
    ].sort((a, b) => a - b)
    const ours =
      theirs !== unit
        ? []
        : Object.keys(definition.encoders).map((encoder) => [
            `ours: ${encoder}`,
            ...sizes.map((size) => {
              const over = datasets.filter(({ infeasible }) => infeasible.every((other) => other.size !== size))
              const cell = averageCell(over.map(({ name }) => cells(name, encoder, size)))
              return cell === undefined ? "–" : overSets(cell).mean.toFixed(2)
            })
          ])
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
    `levels. Ours: averages over ${datasets.length === 1 ? datasets[0]!.name : "the datasets that have sets of the size"}.`
  return ["## The paper's numbers", note, ...sections]
}
