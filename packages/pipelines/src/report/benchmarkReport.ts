import { basename } from "node:path"
import { holm } from "@nuner/metrics"
import type { BenchmarkResult } from "../benchmark/BenchmarkEvent.ts"
import { averageCell, cellsOf } from "../benchmark/Cell.ts"
import { compare } from "../benchmark/compare.ts"
import type { DatasetReport } from "../benchmark/Dataset.ts"
import { readersOf, sizesOf, unitOf } from "../benchmark/decodeDefinition.ts"
import { type Metric, mainMetric, metricNames } from "../benchmark/Run.ts"
import { setsOf } from "../benchmark/TrainingSet.ts"
import { paperReport } from "./paperReport.ts"
import { type CellOf, scoreTable } from "./scoreTable.ts"

/** All tables of a benchmark, in Markdown. */
export const benchmarkReport = (result: BenchmarkResult): string => {
  const { datasets } = result
  const sections = datasets.map((dataset) => `## ${dataset.name}\n\n${datasetReport(result, dataset)}`)
  const averages = datasets.length > 1 ? [averageReport(result)] : []
  return ["# Benchmark", howToRead(result), ...survivors(result), ...averages, ...sections, ...paperReport(result)]
    .join("\n\n")
    .concat("\n")
}

/** What was measured on a dataset, and its tables. */
export const datasetReport = (result: BenchmarkResult, dataset: DatasetReport): string =>
  [
    describeDataset(dataset),
    ...metrics(result).map((metric) => {
      const cells = cellsOf(result, metric)
      const alone = result.datasets.length === 1
      return scoreTable(result, metric, (encoder, size) => cells(dataset.name, encoder, size), alone)
    }),
    ...dataset.infeasible.map(({ reason, size }) => `${unitOf(result.definition)} = ${size}: ${reason}`)
  ].join("\n\n")

/** A dataset in a line: its types, its test set, and what was taken out of it. */
export const describeDataset = ({
  bareCeiling,
  notDrawn,
  removed,
  testSentences,
  trainSentences,
  types,
  unseen
}: DatasetReport) => {
  const files = Object.entries(removed)
  const total = files.reduce((sum, [, count]) => sum + count, 0)
  const where = files.flatMap(([file, count]) => (count === 0 ? [] : [`${count} in ${basename(file)}`])).join(", ")
  return [
    `${types.length} types, sets from ${trainSentences} sentences, scored on ${testSentences}`,
    ...(files.length === 0 ? [] : [`; removed from the test set: ${total === 0 ? "none" : where}`]),
    ...(notDrawn === 0 ? [] : [`; ${notDrawn} more were not drawn`]),
    ...(bareCeiling === 100 ? [] : [`; one class a type allows an entity F1 of ${bareCeiling.toFixed(1)}`]),
    ...(unseen.length === 0 ? [] : [`; types that training never has, all missed: ${unseen.join(", ")}`]),
    "."
  ].join("")
}

const metrics = (result: BenchmarkResult): Array<Metric> =>
  mainMetric(result.definition) === "tokenMacroF1"
    ? ["tokenMacroF1", "entityMicroF1"]
    : ["entityMicroF1", "tokenMacroF1"]

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

/** How many differences to the first encoder are no accident of their number. */
const survivors = (result: BenchmarkResult): Array<string> => {
  const { datasets, definition } = result
  const metric = mainMetric(definition)
  const cells = cellsOf(result, metric)
  const [first, ...others] = readersOf(definition).map(({ name }) => name)
  const found = datasets.flatMap(({ name }) =>
    sizesOf(definition).flatMap((size) => {
      const base = cells(name, first!, size)
      return others.flatMap((encoder) => {
        const cell = cells(name, encoder, size)
        return base && cell ? [compare(cell, base)] : []
      })
    })
  )
  const differences = found.filter((comparison) => comparison !== undefined)
  if (differences.length === 0) return []
  const survive = holm(differences.map(({ p }) => p))
  const count = (sign: 1 | -1) => differences.filter(({ difference }, i) => survive[i] && difference * sign > 0).length
  return [
    `Of ${differences.length} differences to ${first} (a dataset, a size, ${metricNames[metric]}) ${count(1) + count(-1)} survive Holm's correction ` +
      `at 0.05: ${count(1)} above 0, ${count(-1)} below; without correction ${differences.filter(({ p }) => p < 0.05).length} have p < 0.05.`
  ]
}

const howToRead = ({ definition }: BenchmarkResult): string => {
  const { protocol, seed, testSize } = definition
  const sizes = sizesOf(definition)
  const unit = unitOf(definition)
  const counts = [...new Set(sizes.map((size) => setsOf({ sets: definition.sets, unit }, size)))].join(" / ")
  const sets =
    unit === "whole"
      ? `trainings on all training data: ${counts}`
      : `${counts} sets for each ${unit}, the same for every encoder`
  const { type, ...settings } = protocol
  const told = Object.entries(settings).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  const readers = readersOf(definition)
  const several = readers.some(({ models }) => models.length > 1)
  const read = readers.flatMap(({ name, protocol: { layers } }) =>
    layers === protocol.layers ? [] : [`${name}: ${JSON.stringify(layers)}`]
  )
  const named = readers.flatMap(({ name, protocol }) => ("byName" in protocol && protocol.byName ? [name] : []))
  return [
    `Protocol ${type} (${told.join(", ")}); ${sets}; seed ${seed}` +
      `${testSize === undefined ? "" : `; at most ${testSize} test sentences`}. F1 in percent.`,
    "",
    "- `a ± b`: mean over sets and standard deviation over sets (how far one set's score lies from the mean; no interval).",
    ...(several
      ? [
          "- An encoder with several models (seeds): a set's score is the mean over models. `over n seeds ±`: standard deviation of the models'",
          "  means over sets."
        ]
      : []),
    ...(read.length > 0 ? [`- Read at layers of their own: ${read.join("; ")}.`] : []),
    ...(named.length > 0 ? [`- Probes that begin at what the types' names say: ${named.join("; ")}.`] : []),
    "- `a − b`: mean difference on the same sets and test sentences, with a 95 % interval by Student's t; its variance is that over training",
    "  sets and that over draws of test sentences. `p`: two-sided, of the same t. Both speak of other training sets and other test sentences of",
    "  the same kind for these models; where there is one set, of this one and other test sentences."
  ].join("\n")
}
