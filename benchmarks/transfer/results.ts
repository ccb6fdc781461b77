import { existsSync } from "node:fs"
import { join } from "node:path"
import { writeAtomic, writeJson, writeJsonl } from "@nuner/core"
import { pairedBootstrap } from "@nuner/metrics"
import {
  type BenchmarkResult,
  type BenchmarkRun,
  benchmarkReport,
  episodeCounts,
  learningCurves,
  markdownTable,
  readBenchmark
} from "@nuner/pipelines"
import { type EpisodeRecord, episodeScores, readResults } from "@nuner/tadner"
import { five } from "./datasets.ts"
import type { Experiment } from "./Experiment.ts"
import { resultOf } from "./encoders.ts"
import { recipeTable } from "./parts/recipe.ts"
import { tadnerComparisons } from "./parts/tadner.ts"

/** Where results are kept that anyone may read without running anything. */
const published = join(import.meta.dir, "results")

/** Whose tables, figures and counts are published. */
const benchmarks = [
  "frozen/test",
  "why/test",
  "mpnet/test",
  "finetune/entities",
  "finetune/words",
  "finetune/whole",
  "llm/ours",
  "from-nothing/test"
]

/** Publishes what stands of the experiment: tables, figures, counts, and the summary. */
export const publish = async (experiment: Experiment): Promise<void> => {
  for (const name of benchmarks) await publishBenchmark(experiment, name)
  await publishRecipe(experiment)
  await publishLlm(experiment)
  await publishTadner(experiment)
  await publishSummary(experiment)
}

/** What stands of a benchmark of the experiment; undefined where it was never begun. */
const standingResult = async ({ at }: Experiment, name: string): Promise<BenchmarkResult | undefined> =>
  existsSync(at(name, "runs.jsonl"))
    ? resultOf(await readBenchmark(at(`${name}.json`)), at(name, "runs.jsonl"))
    : undefined

/**
 * Writes a benchmark's tables, figure and counts under `results/<name>`. Counts are by type and run; those by test sentence, which intervals
 * were made from, stay in the experiment's folder.
 */
const publishBenchmark = async (experiment: Experiment, name: string): Promise<void> => {
  const result = await standingResult(experiment, name)
  if (result === undefined || result.runs.length === 0) return
  const out = (file: string) => join(published, name, file)
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
const averages = ({ datasets, definition, runs }: BenchmarkResult, metric: Metric): Averages => {
  const table: Averages = {}
  for (const size of [...new Set(runs.map((run) => run.size))].sort((a, b) => a - b)) {
    const names = five.filter((name) => hasSets(datasets, name, size))
    for (const row of Object.keys(definition.encoders)) {
      const means = names.map((name) => {
        const own = runs.filter((run) => run.dataset === name && run.encoder === row && run.size === size)
        return mean(own.map((run) => run[metric]))
      })
      const average = mean(means)
      if (!Number.isNaN(average)) table[size] = { ...table[size], [row]: Math.round(100 * average) / 100 }
    }
  }
  return table
}

const hasSets = (datasets: BenchmarkResult["datasets"], name: string, size: number): boolean =>
  datasets.some((dataset) => dataset.name === name && dataset.infeasible.every((other) => other.size !== size))

/** The rows that the claim is about, in the order of the table; "not run" where there is nothing. */
const rows = ["base", "base, best layer", "masked language", "NER-BERT style", "NuNER", "NuNER, best layer"]
const models = { minilm: "frozen/test", mpnet: "mpnet/test" } as const

/** `summary.json`, and the table that leads the results. */
const publishSummary = async (experiment: Experiment): Promise<void> => {
  const summary: Record<
    string,
    { token: Averages; entity: Averages; datasets: Record<string, ReadonlyArray<string>> }
  > = {}
  for (const [model, name] of Object.entries(models)) {
    const result = await standingResult(experiment, name)
    if (result === undefined) continue
    const token = averages(result, "tokenMacroF1")
    summary[model] = {
      ...{ token, entity: averages(result, "entityMicroF1") },
      datasets: Object.fromEntries(
        Object.keys(token).map((size) => [size, five.filter((name) => hasSets(result.datasets, name, Number(size)))])
      )
    }
  }
  if (Object.keys(summary).length === 0) return
  await writeJson(join(published, "summary.json"), summary)
  const sizes = [1, 2, 4, 8, 16, 32, 64]
  const table = markdownTable(
    ["token macro F1, k =", ...sizes.map(String)],
    Object.keys(models).flatMap((model) =>
      rows.map((row) => [
        `${model}: ${row}`,
        ...sizes.map((size) => summary[model]?.token[size]?.[row]?.toFixed(1) ?? "not run")
      ])
    )
  )
  await writeAtomic(join(published, "summary.md"), [`${table}\n`])
}

/** What the candidates of the recipe search were worth. */
const publishRecipe = async (experiment: Experiment): Promise<void> => {
  const result = await standingResult(experiment, "recipe/dev")
  if (result !== undefined) await writeAtomic(join(published, "recipe/candidates.md"), [`${recipeTable(result)}\n`])
}

/** How a language model's answers to the in-context prompt score beside ours, by dataset. */
const publishLlm = async ({ at }: Experiment): Promise<void> => {
  const place = (name: string) => at("llm", name)
  const names = ["mit-movie", "jnlpba", "wnut17", "crossner-politics", "crossner-science"]
  const there = names.filter((name) => existsSync(place(`${name}/manifest.json`)))
  if (there.length === 0) return
  for (const name of there) {
    await writeAtomic(join(published, `llm/${name}.md`), [await Bun.file(place(`${name}/table.md`)).text()])
  }
}

/** NuNER against its base on the same episodes, pooled micro F1, and on query sentences that the support does not have. */
const publishTadner = async (experiment: Experiment): Promise<void> => {
  const show = (value: number) => `${value < 0 ? "−" : "+"}${Math.abs(100 * value).toFixed(1)}`
  const rows = await Promise.all(
    tadnerComparisons(experiment).map(async ({ name, runs }) => {
      const [base, nuner] = await Promise.all([episodesOf(runs.base), episodesOf(runs.NuNER)])
      if (base.length === 0 || nuner.length !== base.length) return [name, ...Array<string>(6).fill("not run")]
      const counts = (of: typeof base) => of.map((records) => episodeCounts(records))
      const paired = pairedBootstrap({ a: counts(nuner), b: counts(base), seed: 0, resamples: 10_000 })
      const unseen = [base, nuner].map((of) => mean(of.map((records) => episodeScores(records).unseenF1)))
      return [
        ...[name, String(base.length), (100 * paired.b).toFixed(1), (100 * paired.a).toFixed(1)],
        `${show(paired.difference)} [${show(paired.low)}, ${show(paired.high)}]`,
        ...unseen.map((score) => score.toFixed(1))
      ]
    })
  )
  if (rows.every((row) => row[1] === "not run")) return
  const head = ["episodes of Few_TK", "runs", "base", "NuNER", "difference", "unseen: base", "unseen: NuNER"]
  await writeAtomic(join(published, "tadner/table.md"), [`${markdownTable(head, rows)}\n`])
}

/** Records of finished runs, a list a seed. */
const episodesOf = async (folder: string): Promise<ReadonlyArray<ReadonlyArray<EpisodeRecord>>> => {
  const scores = Bun.file(join(folder, "scores.json"))
  if (!(await scores.exists())) return []
  const runs = (await scores.json()) as ReadonlyArray<{ readonly run: string }>
  return Promise.all(runs.map(({ run }) => readResults(join(folder, `${run}.jsonl`))))
}
