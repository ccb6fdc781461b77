import { decodeCounts, type EncodedCounts, resampleUnits, type Summary, summarise } from "@nuner/metrics"
import type { BenchmarkResult } from "./BenchmarkEvent.ts"
import { readersOf } from "./decodeDefinition.ts"
import type { Metric, Run } from "./Run.ts"

/** An encoder on a dataset (or on average over several) at one size of training sets. */
export interface Cell {
  /** Set -> score, the mean over the encoder's models; sets that not every model has are left out. */
  readonly sets: ReadonlyMap<number, number>
  /** Mean over these sets, by model. */
  readonly models: ReadonlyArray<number>
  /** Of an average: the cell of each dataset, whose training sets are drawn apart from the others'. */
  readonly datasets?: ReadonlyArray<Cell>
  /** Set -> its scores (in [0, 1]) under draws of test sentences, the same draws for every cell of a dataset. */
  readonly draws: () => ReadonlyMap<number, Float64Array>
}

/** Cells by dataset, encoder and size; empty ones are undefined. */
export type Cells = (dataset: string, encoder: string, size: number) => Cell | undefined

export const cellsOf = ({ definition, runs }: BenchmarkResult, metric: Metric): Cells => {
  const key = (...parts: ReadonlyArray<string | number>) => JSON.stringify(parts)
  const byKey = new Map(runs.map((run) => [key(run.dataset, run.encoder, run.size, run.model, run.set), run] as const))
  const setNumbers = [...new Set(runs.map(({ set }) => set))].sort((a, b) => a - b)
  const modelCounts = new Map(readersOf(definition).map(({ models, name }) => [name, models.length]))
  return (dataset, encoder, size) => {
    const models = Array.from({ length: modelCounts.get(encoder) ?? 0 }, (_, model) => model)
    const complete = setNumbers.flatMap((set) => {
      const row = models.map((model) => byKey.get(key(dataset, encoder, size, model, set)))
      return row.every((run) => run !== undefined) ? [{ set, row }] : []
    })
    if (complete.length === 0 || models.length === 0) return undefined
    return {
      sets: new Map(complete.map(({ row, set }) => [set, mean(row.map((run) => run[metric]))])),
      models: models.map((model) => mean(complete.map(({ row }) => row[model]![metric]))),
      draws: () => {
        const draws = drawsOf(
          runs.filter((run) => run.dataset === dataset),
          metric
        )
        return new Map(complete.map(({ row, set }) => [set, meanArray(row.map((run) => draws(run)))]))
      }
    }
  }
}

/** The mean of cells of one encoder and size over datasets, set by set; undefined unless every dataset has one. */
export const averageCell = (cells: ReadonlyArray<Cell | undefined>): Cell | undefined => {
  const there = cells.filter((cell) => cell !== undefined)
  const first = there[0]
  if (first === undefined || there.length < cells.length) return undefined
  const shared = [...first.sets.keys()].filter((set) => there.every(({ sets }) => sets.has(set)))
  if (shared.length === 0) return undefined
  return {
    sets: new Map(shared.map((set) => [set, mean(there.map(({ sets }) => sets.get(set)!))])),
    models: first.models.map((_, model) => mean(there.map(({ models }) => models[model]!))),
    datasets: there,
    draws: () => {
      const draws = there.map((cell) => cell.draws())
      return new Map(shared.map((set) => [set, meanArray(draws.map((of) => of.get(set)!))]))
    }
  }
}

/** Over sets: the deviation is that of one set's score. */
export const overSets = ({ sets }: Cell): Summary => summarise([...sets.values()])
/** Over the encoder's models, each the mean over sets. */
export const overModels = ({ models }: Cell): Summary => summarise(models)

const RESAMPLES = 1000
/** Draws are costly, and reports are written again and again while a benchmark runs. */
const drawn = new WeakMap<EncodedCounts, Float64Array>()

/** The scores of runs on one test set under draws of its sentences. */
const drawsOf = (runs: ReadonlyArray<Run>, metric: Metric): ((run: Run) => Float64Array) => {
  const of = (run: Run) => (metric === "tokenMacroF1" ? run.words : run.entities)
  const missing = [...new Set(runs.map(of))].filter((counts) => !drawn.has(counts))
  if (missing.length > 0) {
    const values = resampleUnits({
      ...{ counts: missing.map(decodeCounts), metric: metric === "tokenMacroF1" ? "macroF1" : "microF1" },
      ...{ resamples: RESAMPLES, seed: "test sentences" }
    })
    for (const [i, counts] of missing.entries()) drawn.set(counts, values[i]!)
  }
  return (run) => drawn.get(of(run))!
}

export const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

export const meanArray = (arrays: ReadonlyArray<Float64Array>): Float64Array =>
  arrays.length === 1 ? arrays[0]! : arrays[0]!.map((_, i) => mean(arrays.map((array) => array[i]!)))
