import { basename } from "node:path"
import type { BenchmarkResult } from "../benchmark/BenchmarkEvent.ts"
import { averageCell, cellsOf } from "../benchmark/Cell.ts"
import type { DatasetReport } from "../benchmark/Dataset.ts"
import { sizesOf, unitOf } from "../benchmark/decodeDefinition.ts"
import { type Metric, mainMetric } from "../benchmark/Run.ts"
import { setsOf } from "../benchmark/TrainingSet.ts"
import { paperReport } from "./paperReport.ts"
import { type CellOf, scoreTable } from "./scoreTable.ts"

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
      const alone = result.datasets.length === 1
      return scoreTable(result, metric, (encoder, size) => cells(dataset.name, encoder, size), alone)
    }),
    ...dataset.infeasible.map(({ reason, size }) => `${unitOf(result.definition)} = ${size}: ${reason}`)
  ].join("\n\n")

/** A dataset in a line: its types, its test set, and what was taken out of it. */
export const describeDataset = ({ notDrawn, removed, testSentences, trainSentences, types, unseen }: DatasetReport) => {
  const files = Object.entries(removed)
  const total = files.reduce((sum, [, count]) => sum + count, 0)
  const where = files.flatMap(([file, count]) => (count === 0 ? [] : [`${count} in ${basename(file)}`])).join(", ")
  return [
    `${types.length} types, sets from ${trainSentences} sentences, scored on ${testSentences}`,
    ...(files.length === 0 ? [] : [`; removed from the test set: ${total === 0 ? "none" : where}`]),
    ...(notDrawn === 0 ? [] : [`; ${notDrawn} more were not drawn`]),
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

/** The least p that a sign-flip test of n differences can give. */
const floor = (n: number): string => (2 ** (1 - n)).toPrecision(2)

const howToRead = ({ definition }: BenchmarkResult): string => {
  const { protocol, seed, testSize } = definition
  const sizes = sizesOf(definition)
  const counts = [...new Set(sizes.map((size) => setsOf({ sets: definition.sets, unit: unitOf(definition) }, size)))]
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
    "- `a − b`: mean difference on the same sets, with a 95 % bootstrap interval over sets (too narrow for fewer than about 10); `p`:",
    `  two-sided paired sign-flip test over sets, which n sets cannot bring below 2^(1 − n) (${counts.map((n) => `${n} sets: ${floor(n)}`).join(", ")}).`,
    "  Both speak of other training sets for these models and this test set."
  ].join("\n")
}
