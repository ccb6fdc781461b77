import { existsSync } from "node:fs"
import { readJsonl } from "@nuner/core"
import { useEngine } from "@nuner/engine"
import {
  type BenchmarkInput,
  type BenchmarkResult,
  type BenchmarkRun,
  benchmark as measure,
  readBenchmark
} from "@nuner/pipelines"
import { Schema } from "effect"
import { devs, pretrainingText, tests } from "./datasets.ts"
import { benchmark, type Experiment, ofSizes, type Step } from "./Experiment.ts"

/** A row of a table: a name, and a model or several seeds of one treatment. */
export type Rows = Readonly<Record<string, string | ReadonlyArray<string>>>

/** How a real base is adapted; every treatment of it has these options, so that only what is learned differs. */
export const adapted = ["--preset", "adapt", "--validation", "0.01"]
/** Updates of a short run (a candidate of the recipe search) and of a full one: two epochs of all annotated sentences. */
export const SHORT = 475
export const FULL = 1154
export const updates = (steps: number): ReadonlyArray<string> => ["--steps", String(steps)]

/** How every encoder is probed: on mean vectors, with C chosen by cross-validation on each training set. */
export const frozen = { type: "frozen", layers: [-1], pooling: "mean", c: "cv" } as const

/** Besides the last layer: the same choices for every encoder of a depth, picked from on dev sentences. */
const choices: Readonly<Record<"minilm" | "mpnet", ReadonlyArray<ReadonlyArray<number>>>> = {
  minilm: [[3], [5], [-1, 3]],
  mpnet: [[6], [10], [-1, 6]]
}

/** Rows whose models are there. */
export const standing = (rows: Rows): Rows =>
  Object.fromEntries(
    Object.entries(rows).flatMap(([name, models]) => {
      const there = [models].flat().filter((model) => existsSync(model))
      return there.length === 0 ? [] : [[name, there]]
    })
  )

const layered = (name: string, layers: ReadonlyArray<number>) => `${name} ${JSON.stringify(layers)}`

/** Rows at the last layer and at every other choice, on dev sentences. */
export const devDefinition = (
  experiment: Experiment,
  depth: keyof typeof choices,
  rows: Rows,
  k: ReadonlyArray<number>,
  sets: number
): BenchmarkInput => ({
  encoders: Object.fromEntries(
    Object.entries(standing(rows)).flatMap(([name, models]) => [
      [layered(name, [-1]), models],
      ...choices[depth].map((layers) => [layered(name, layers), { models, layers }] as const)
    ])
  ),
  datasets: devs(experiment),
  ...{ k, sets, testSize: 1000, protocol: frozen, paper: [] }
})

/** What stands in the log of a benchmark, all of it measured in fp32. */
export const resultOf = async (input: BenchmarkInput, log: string): Promise<BenchmarkResult> => {
  await useEngine({ precision: "fp32" })
  let result: BenchmarkResult | undefined
  for await (const event of measure(input, { log, measure: false })) if (event.type === "done") result = event.result
  return result!
}

/**
 * What stands of a benchmark of the experiment, at all sizes of sets that any call measured; undefined where it was never begun. Its
 * definition is that of the last call.
 */
export const standingResult = async ({ at }: Experiment, name: string): Promise<BenchmarkResult | undefined> => {
  const log = at(name, "runs.jsonl")
  if (!existsSync(log)) return undefined
  const definition = await readBenchmark(at(`${name}.json`))
  const runs = await Array.fromAsync(readJsonl(log, Schema.Struct({ size: Schema.Natural })))
  const sizes = [...new Set(runs.map(({ size }) => size))].sort((a, b) => a - b)
  return resultOf(sizes.length === 0 ? definition : ofSizes(definition, sizes), log)
}

/** Mean token macro F1 on the dev sentences, by row and layers: `layered` names. */
export const devScores = (runs: ReadonlyArray<BenchmarkRun>, k: number): Map<string, number> => {
  const byEncoder = Map.groupBy(
    runs.filter(({ size }) => size === k),
    ({ encoder }) => encoder
  )
  return new Map(
    [...byEncoder].map(([encoder, own]) => {
      const datasets = [...Map.groupBy(own, ({ dataset }) => dataset).values()]
      const means = datasets.map((runs) => runs.reduce((sum, run) => sum + run.tokenMacroF1, 0) / runs.length)
      return [encoder, means.reduce((sum, mean) => sum + mean, 0) / means.length]
    })
  )
}

/** Rows, and beside each the same models at the layers that were best on dev sentences, where they were measured. */
export const bestLayers = (
  depth: keyof typeof choices,
  rows: Rows,
  scores: ReadonlyMap<string, number>
): BenchmarkInput["encoders"] => {
  const encoders: Record<string, BenchmarkInput["encoders"][string]> = {}
  for (const [name, models] of Object.entries(standing(rows))) {
    encoders[name] = models
    const of = (layers: ReadonlyArray<number>) => scores.get(layered(name, layers)) ?? Number.NEGATIVE_INFINITY
    const best = choices[depth].reduce((a, b) => (of(b) > of(a) ? b : a))
    if (of(best) > Number.NEGATIVE_INFINITY) encoders[`${name}, best layer`] = { models, layers: best }
  }
  return encoders
}

/** Rows at the last layer and at the layers that were best on a part's dev sentences at k = 8, on the test sets. */
export const testDefinition = async (
  experiment: Experiment,
  part: string,
  depth: keyof typeof choices,
  rows: Rows,
  test: Partial<BenchmarkInput>
): Promise<BenchmarkInput> => {
  const { runs } = await resultOf(devDefinition(experiment, depth, rows, [8], 3), experiment.at(part, "dev/runs.jsonl"))
  return {
    encoders: bestLayers(depth, rows, devScores(runs, 8)),
    datasets: tests(experiment),
    exclude: pretrainingText(experiment),
    ...{ sets: 5, protocol: frozen },
    ...test
  }
}

/** The steps that compare encoders: `<part>/dev` picks each one's layers, `<part>/test` measures all of them. */
export const compare = (
  experiment: Experiment,
  part: string,
  depth: keyof typeof choices,
  rows: Rows,
  hours: { readonly dev: number; readonly test: number },
  test: Partial<BenchmarkInput>
): ReadonlyArray<Step> => [
  benchmark(experiment, `${part}/dev`, hours.dev, () => devDefinition(experiment, depth, rows, [8], 3)),
  benchmark(experiment, `${part}/test`, hours.test, () => testDefinition(experiment, part, depth, rows, test))
]
