import { type Summary, summarise } from "@nuner/metrics"
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

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length
