import { type Counts, type PairedInterval, pairedBootstrap, type Summary, summarise } from "@nuner/metrics"
import type { BenchmarkResult } from "./BenchmarkEvent.ts"
import { modelsOf } from "./decodeDefinition.ts"
import type { Metric } from "./Run.ts"

/** An encoder on a dataset (or on average over several) at one size of training sets. */
export interface Cell {
  /** Set -> score, the mean over the encoder's models; sets that not every model has are left out. */
  readonly sets: ReadonlyMap<number, number>
  /** Mean over these sets, by model. */
  readonly models: ReadonlyArray<number>
}

/** Cells by dataset, encoder and size; empty ones are undefined. */
export type Cells = (dataset: string, encoder: string, size: number) => Cell | undefined

export const cellsOf = ({ definition, runs }: BenchmarkResult, metric: Metric): Cells => {
  const key = (...parts: ReadonlyArray<string | number>) => JSON.stringify(parts)
  const scores = new Map(
    runs.map((run) => [key(run.dataset, run.encoder, run.size, run.model, run.set), run[metric]] as const)
  )
  const setNumbers = [...new Set(runs.map(({ set }) => set))].sort((a, b) => a - b)
  const modelCounts = new Map(modelsOf(definition).map(([name, models]) => [name, models.length]))
  return (dataset, encoder, size) => {
    const models = Array.from({ length: modelCounts.get(encoder) ?? 0 }, (_, model) => model)
    const complete = setNumbers.flatMap((set) => {
      const row = models.map((model) => scores.get(key(dataset, encoder, size, model, set)))
      return row.every((score) => score !== undefined) ? [{ set, row }] : []
    })
    if (complete.length === 0 || models.length === 0) return undefined
    return {
      sets: new Map(complete.map(({ row, set }) => [set, mean(row)])),
      models: models.map((model) => mean(complete.map(({ row }) => row[model]!)))
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
    models: first.models.map((_, model) => mean(there.map(({ models }) => models[model]!)))
  }
}

/** Over sets: the deviation is that of one set's score. */
export const overSets = ({ sets }: Cell): Summary => summarise([...sets.values()])
/** Over the encoder's models, each the mean over sets. */
export const overModels = ({ models }: Cell): Summary => summarise(models)

export interface Comparison extends PairedInterval {
  /** Sets on which `a` scores higher. */
  readonly won: number
}

/** `a - b` on the sets that both have, resampled over sets. Undefined for fewer than two. */
export const compare = (a: Cell, b: Cell, seed: number): Comparison | undefined => {
  const shared = [...a.sets.keys()].filter((set) => b.sets.has(set))
  if (shared.length < 2) return undefined
  const side = ({ sets }: Cell) => shared.map((set) => asCounts(sets.get(set)!))
  return {
    ...percent(
      pairedBootstrap({ a: side(a), b: side(b), metric: "microRecall", over: "sets", resamples: 10_000, seed })
    ),
    won: shared.filter((set) => a.sets.get(set)! > b.sets.get(set)!).length
  }
}

/** A score in percent as the counts of one unit whose recall it is, so that it can be resampled: exact to 1e-7. */
const asCounts = (score: number): Counts => ({
  ...{ units: 1, types: ["score"], allTypes: true },
  ...{ starts: Int32Array.of(0, 1), typeOf: Int32Array.of(0), predicted: Int32Array.of(0) },
  ...{ correct: Int32Array.of(Math.round(score * 1e7)), gold: Int32Array.of(1e9) }
})

const percent = (interval: PairedInterval): PairedInterval => {
  const { a, b, difference, high, low } = interval
  return { ...interval, a: 100 * a, b: 100 * b, difference: 100 * difference, high: 100 * high, low: 100 * low }
}

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length
