import { join } from "node:path"
import { writeAtomic, writeJson, writeJsonl } from "@nuner/core"
import {
  type BenchmarkResult,
  type BenchmarkRun,
  benchmarkReport,
  learningCurves,
  markdownTable
} from "@nuner/pipelines"
import { lineChart } from "@nuner/report"
import { five } from "./datasets.ts"
import type { Experiment } from "./Experiment.ts"
import { standingResult } from "./encoders.ts"
import { finetuneTable } from "./parts/finetune.ts"
import { llmTable } from "./parts/llm.ts"
import { recipeTable } from "./parts/recipe.ts"
import { tadnerEpisodes, tadnerTable } from "./parts/tadnerResults.ts"
import { nearnessTable } from "./parts/why.ts"

/** Where results are kept that anyone may read without running anything. */
export const published = join(import.meta.dir, "results")

/** Whose tables, figures and counts are published. */
const benchmarks = [
  "frozen/test",
  "frozen/seeds",
  "frozen/names",
  "why/test",
  "tadner/probe",
  "mpnet/test",
  "finetune/entities",
  "finetune/words",
  "finetune/whole",
  "finetune/whole-few-tk",
  "llm/ours",
  "from-nothing/test"
]

/** What a part says besides, in files of its own: tables, counts; undefined where nothing of it stands. */
const files: Readonly<Record<string, (experiment: Experiment) => Promise<string | undefined>>> = {
  "recipe/candidates.md": recipeTable,
  "why/nearness.md": nearnessTable,
  "tadner/table.md": tadnerTable,
  "tadner/episodes.jsonl": tadnerEpisodes,
  "finetune/scores.md": finetuneTable,
  "llm/table.md": llmTable
}

/** Writes what stands of some parts of the experiment to a folder: tables, figures and counts, and the summary. */
export const publish = async (experiment: Experiment, parts: ReadonlyArray<string>, to: string): Promise<void> => {
  const ofThem = (name: string) => parts.includes(name.split("/")[0]!)
  for (const name of benchmarks.filter(ofThem)) await publishBenchmark(experiment, name, join(to, name))
  for (const [file, textOf] of Object.entries(files).filter(([file]) => ofThem(file))) {
    const text = await textOf(experiment)
    if (text !== undefined) await writeAtomic(join(to, file), [`${text}\n`])
  }
  await publishSummary(experiment, to)
}

/**
 * Writes a benchmark's tables, figure and counts. Counts are by type and run; those by test sentence, which intervals were made from, stay in
 * the benchmark's log.
 */
const publishBenchmark = async (experiment: Experiment, name: string, to: string): Promise<void> => {
  const result = await standingResult(experiment, name)
  if (result === undefined || result.runs.length === 0) return
  const out = (file: string) => join(to, file)
  await writeAtomic(out("tables.md"), [benchmarkReport(result)])
  await writeAtomic(out("learning-curves.svg"), [learningCurves(result)])
  await writeJsonl(out("runs.jsonl"), result.runs.map(withoutSentences))
}

const withoutSentences = ({ entities, words, ...run }: BenchmarkRun) => ({
  ...run,
  words: words.types,
  entities: entities.types
})

type Metric = "tokenMacroF1" | "entityMicroF1"
/** Size -> row -> the average over the datasets that have sets of that size. */
type Averages = Record<string, Record<string, number>>

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Averages over those of the five datasets that have sets of a size, each the mean over sets and models. */
export const averages = ({ datasets, definition, runs }: BenchmarkResult, metric: Metric): Averages => {
  const table: Averages = {}
  for (const size of [...new Set(runs.map((run) => run.size))].sort((a, b) => a - b)) {
    const names = five.filter((name) => hasSets(datasets, name, size))
    for (const row of Object.keys(definition.encoders)) {
      const means = names.map((name) => {
        const own = runs.filter((run) => run.dataset === name && run.encoder === row && run.size === size)
        return mean(own.map((run) => run[metric]))
      })
      const average = mean(means)
      if (!Number.isNaN(average)) table[size] = { ...table[size], [row]: average }
    }
  }
  return table
}

const inHundredths = (table: Averages): Averages => {
  const round = (row: Averages[string]) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Math.round(100 * value) / 100]))
  return Object.fromEntries(Object.entries(table).map(([size, row]) => [size, round(row)]))
}

const hasSets = (datasets: BenchmarkResult["datasets"], name: string, size: number): boolean =>
  datasets.some((dataset) => dataset.name === name && dataset.infeasible.every((other) => other.size !== size))

/** Where the claim is measured on each base, and the rows of it in the order of the table; "not run" where there is nothing. */
const claims = {
  minilm: { name: "frozen/test", rows: ["base", "masked language", "NER-BERT style", "NuNER"] },
  mpnet: { name: "mpnet/test", rows: ["base", "NuNER"] }
} as const

const sizes = [1, 2, 4, 8, 16, 32, 64]

/** The claim as a table, from the averages of token macro F1 by model. */
export const summaryTable = (token: Readonly<Record<string, Averages>>): string =>
  markdownTable(
    ["token macro F1, k =", ...sizes.map(String)],
    Object.entries(claims).flatMap(([model, { rows }]) =>
      rows
        .flatMap((row) => [row, `${row}, best layer`])
        .map((row) => [
          `${model}: ${row}`,
          ...sizes.map((size) => token[model]?.[size]?.[row]?.toFixed(1) ?? "not run")
        ])
    )
  )

/** `summary.json`, and the table and the figure that lead the results. */
const publishSummary = async (experiment: Experiment, to: string): Promise<void> => {
  const exact: Record<string, Averages> = {}
  const summary: Record<string, { token: Averages; entity: Averages; datasets: Record<string, string> }> = {}
  for (const [model, { name }] of Object.entries(claims)) {
    const result = await standingResult(experiment, name)
    if (result === undefined) continue
    const token = averages(result, "tokenMacroF1")
    exact[model] = token
    summary[model] = {
      ...{ token: inHundredths(token), entity: inHundredths(averages(result, "entityMicroF1")) },
      datasets: Object.fromEntries(
        Object.keys(token).map((size) => [
          size,
          five.filter((name) => hasSets(result.datasets, name, Number(size))).join(", ")
        ])
      )
    }
  }
  if (Object.keys(summary).length === 0) return
  await writeJson(join(to, "summary.json"), summary)
  await writeAtomic(join(to, "summary.md"), [`${summaryTable(exact)}\n`])
  await writeAtomic(join(to, "summary.svg"), [`${claimFigure(summary).markup}\n`])
}

/** The claim at a glance: each encoder at its best layers. */
const claimFigure = (summary: Readonly<Record<string, { token: Averages }>>) =>
  lineChart({
    ...{ title: "Average token macro F1 by number of examples", x: "k", y: "token macro F1 (%), best layers" },
    ...{ xScale: "log", ticks: sizes, width: 720, height: 380, named: true },
    lines: Object.entries(claims).flatMap(([model, { rows }]) =>
      rows.map((row) => ({
        ...{ name: `${model}: ${row}`, dots: true },
        points: sizes.flatMap((x) => {
          const y = summary[model]?.token[x]?.[`${row}, best layer`]
          return y === undefined ? [] : [{ x, y }]
        })
      }))
    )
  })
