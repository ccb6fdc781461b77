import { join } from "node:path"
import { type Counts, writeAtomic } from "@nuner/core"
import { Effect } from "effect"
import type { BenchmarkResult } from "../benchmark/BenchmarkEvent.ts"
import { benchmark } from "../benchmark/benchmark.ts"
import type { Definition } from "../benchmark/Definition.ts"
import { readersOf, sizesOf, unitOf } from "../benchmark/decodeDefinition.ts"
import { readModels } from "../benchmark/plan.ts"
import type { Run as BenchmarkRun } from "../benchmark/Run.ts"
import { setsOf } from "../benchmark/TrainingSet.ts"
import { attempt } from "../errors.ts"
import { typeNamesFile } from "../inputs/readTypeNames.ts"
import { skippedRecords } from "../inputs/skippedRecords.ts"
import { benchmarkReport, describeDataset } from "../report/benchmarkReport.ts"
import { learningCurves } from "../report/learningCurves.ts"
import { Progress } from "../services/Progress.ts"
import { runStage, type StageResult } from "../services/stage.ts"
import { checkpoints } from "./checkpoints.ts"
import { plain } from "./plain.ts"

export interface BenchmarkStageOptions {
  /** As `readDefinition` reads it. */
  readonly definition: Definition
  /** A folder: `runs.jsonl`, `tables.md`, `learning-curves.svg`. */
  readonly out: string
}

/** Measures encoders on datasets; tables and figure are written anew whenever a model is through with a dataset. Returns the tables, in Markdown. */
export const benchmarkStage = Effect.fn("benchmarkStage")(function* ({ definition, out }: BenchmarkStageOptions) {
  const tables = join(out, "tables.md")
  const figure = join(out, "learning-curves.svg")
  yield* measure("benchmark", {
    definition,
    log: join(out, "runs.jsonl"),
    manifest: join(out, "manifest.json"),
    artefacts: [tables, figure],
    write: async (result) => {
      await writeAtomic(tables, [benchmarkReport(result)])
      await writeAtomic(figure, [learningCurves(result)])
    }
  })
  return yield* attempt("benchmark", () => Bun.file(tables).text())
})

export interface Measurement {
  readonly definition: Definition
  readonly log: string
  readonly manifest: string
  /** What `write` writes; the log is another. */
  readonly artefacts: ReadonlyArray<string>
  /** Called with what there is whenever a model is through with a dataset, and at the end. */
  readonly write: (result: BenchmarkResult) => Promise<void>
}

/** A benchmark as a stage: its progress told, its manifest written, its counts balanced. */
export const measure = Effect.fn("measure")(function* (
  stage: string,
  { artefacts, definition, log, manifest, write }: Measurement
) {
  const { seed, ...settings } = definition
  const progress = yield* Progress
  const { directory: kept } = checkpoints(log)
  const models = yield* attempt(stage, () => readModels(definition))
  const directories = models.flatMap(({ concepts, directory }) => [
    directory,
    ...(concepts ? [concepts.directory] : [])
  ])
  const files = Object.values(settings.datasets).flatMap(({ exclude, test, train, typeNames }) => [
    ...[train].flat(),
    test,
    ...exclude,
    ...typeNamesFile(typeNames)
  ])
  return yield* runStage({
    name: stage,
    manifest,
    settings: plain(settings),
    seeds: { benchmark: seed },
    inputs: [...new Set([...directories, ...files, ...settings.exclude])],
    artefacts: [log, ...artefacts],
    checkpoints: kept,
    tensors: true,
    work: attempt(stage, async (signal) => {
      const skipped = skippedRecords(manifest.replace(/[./\\]manifest\.json$/, ""))
      let result: BenchmarkResult | undefined
      let [done, total] = [0, 0]
      const several = new Set(readersOf(definition).flatMap(({ models, name }) => (models.length > 1 ? [name] : [])))
      const nameOf = ({ dataset, encoder, model }: Pick<BenchmarkRun, "dataset" | "encoder" | "model">) =>
        `${encoder}${several.has(encoder) ? ` #${model}` : ""}, ${dataset}`
      const say = (line: string) => progress.say(`${stage.padEnd(10)} ${line}`)
      for await (const event of benchmark(definition, { checkpoints: kept, log, say: progress.say, signal, skipped })) {
        if (event.type === "dataset") say(`${event.dataset.name}: ${describeDataset(event.dataset)}`)
        else if (event.type === "plan") {
          const { kept, missing, runs, stale } = event
          total = missing
          const aside = stale === 0 ? "" : `, ${stale} lines of other settings are left aside`
          say(`${runs} runs, ${kept} of them stand in ${log}${aside}`)
        } else if (event.type === "run") {
          const { size, unit } = event.run
          progress.update({ stage, done: ++done, total, note: `${nameOf(event.run)}, ${unit} = ${size}` })
        } else if (event.type === "encoding" || event.type === "training") {
          progress.update({ stage, done, total, note: `${nameOf(event)}: ${event.type} ${event.done}/${event.of}` })
        } else if (event.type === "measured" || event.type === "done") {
          result = event.result
          await write(event.result)
        }
      }
      return { ...resultOf(definition, result!), files: skipped.files }
    })
  })
})

/** Counts of several datasets as one. */
const pooled = (all: ReadonlyArray<Counts>): Counts => {
  const dropped: Record<string, number> = {}
  for (const one of all) {
    for (const [reason, n] of Object.entries(one.dropped)) dropped[reason] = (dropped[reason] ?? 0) + n
  }
  const sum = (of: "in" | "out") => all.reduce((total, one) => total + one[of], 0)
  return { in: sum("in"), out: sum("out"), dropped }
}

const resultOf = (definition: Definition, { datasets, runs }: BenchmarkResult): StageResult => {
  const models = readersOf(definition).reduce((sum, { models }) => sum + models.length, 0)
  const sets = sizesOf(definition).reduce(
    (sum, size) => sum + setsOf({ sets: definition.sets, unit: unitOf(definition) }, size),
    0
  )
  const sum = (of: (dataset: (typeof datasets)[number]) => number) =>
    datasets.reduce((sum, dataset) => sum + of(dataset), 0)
  const infeasible =
    models *
    sum(({ infeasible }) =>
      infeasible.reduce((sum, { size }) => sum + setsOf({ sets: definition.sets, unit: unitOf(definition) }, size), 0)
    )
  const tested = sum(({ testSentences }) => testSentences)
  const excluded = sum(({ removed }) => Object.values(removed).reduce((a, b) => a + b, 0))
  const notDrawn = sum(({ notDrawn }) => notDrawn)
  return {
    counts: {
      records: pooled(datasets.map(({ records }) => records)),
      runs: { in: models * datasets.length * sets, out: runs.length, dropped: { infeasible } },
      testSentences: { in: tested + excluded + notDrawn, out: tested, dropped: { excluded, notDrawn } }
    },
    summary: `${runs.length} runs on ${datasets.length} datasets, ${tested} test sentences`
  }
}
