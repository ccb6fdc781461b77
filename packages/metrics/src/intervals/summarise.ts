import { InputError } from "@nuner/core"

/** Repeated measurements: of training sets, or of seeds. */
export interface Summary {
  readonly n: number
  readonly mean: number
  /** Of the sample (divided by n - 1): how far one measurement lies from the mean. No interval. `undefined` for a single one. */
  readonly standardDeviation: number | undefined
  readonly min: number
  readonly max: number
}

/** @throws InputError without values */
export const summarise = (values: ReadonlyArray<number>): Summary => {
  const n = values.length
  if (n === 0) throw new InputError({ source: "values", reason: "there are none", remedy: "measure at least one" })
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return {
    n,
    mean,
    standardDeviation: n === 1 ? undefined : Math.sqrt(squares / (n - 1)),
    min: values.reduce((a, b) => Math.min(a, b)),
    max: values.reduce((a, b) => Math.max(a, b))
  }
}
