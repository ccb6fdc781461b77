import { rng } from "@nuner/core"
import type { Counts } from "../counts/Counts.ts"
import { drawer, runsOf } from "./bootstrap.ts"
import { type Metric, resampled } from "./Resampled.ts"

export interface ResampleUnitsOptions {
  /** Of runs on the same units. */
  readonly counts: ReadonlyArray<Counts>
  readonly metric: Metric
  readonly resamples: number
  readonly seed: number | string
}

/**
 * The metric of each run under draws of units with replacement: `[runs][resamples]`. A draw is the same for every run, and for every call
 * with the same seed and number of units, so that runs may be averaged and compared draw by draw.
 *
 * @throws InputError
 */
export const resampleUnits = ({ counts, metric, resamples, seed }: ResampleUnitsOptions): Array<Float64Array> => {
  const runs = runsOf("counts", counts)
  const draw = drawer(runs[0]!.units, runs.length, "units", rng(seed))
  const systems = runs.map((run) => resampled(run, metric))
  const values = systems.map(() => new Float64Array(resamples))
  for (let n = 0; n < resamples; n++) {
    draw.next()
    for (const [i, system] of systems.entries()) values[i]![n] = system(draw.units)
  }
  return values
}
