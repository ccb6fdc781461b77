import { decodeOptions, InputError, option, type Rng, rng } from "@nuner/core"
import * as Schema from "effect/Schema"
import type { Counts } from "../counts/Counts.ts"
import { percentile } from "./percentile.ts"
import { type Resampled, resampled } from "./Resampled.ts"

/** What is resampled, how often, and which interval is taken of it. */
export const BootstrapOptions = Schema.Struct({
  metric: option(Schema.Literals(["microF1", "macroF1", "microPrecision", "microRecall"]), {
    default: "microF1",
    help: "what is estimated"
  }),
  over: option(Schema.Literals(["units", "sets", "both"]), {
    default: "units",
    help: "what is drawn with replacement: units (sentences or episodes, the same in every run), sets (runs: training sets or seeds), or both"
  }),
  resamples: option(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 })), {
    default: 1000,
    help: "draws for an interval"
  }),
  confidence: option(Schema.Finite.check(Schema.isBetween({ minimum: 0.5, maximum: 0.9999 })), {
    default: 0.95,
    help: "of the interval"
  }),
  seed: option(Schema.Union([Schema.Finite, Schema.String]), { help: "of the draws" })
})
export interface BootstrapOptions extends Schema.Codec.Encoded<typeof BootstrapOptions> {
  /** Of one run, or of several on the same units; the metric is then the mean over runs. */
  readonly counts: Counts | ReadonlyArray<Counts>
}

/** A percentile bootstrap confidence interval (Efron 1979). */
export interface Interval {
  /** The metric of the data as they are. */
  readonly estimate: number
  readonly low: number
  readonly high: number
  readonly confidence: number
  readonly resamples: number
  readonly units: number
  readonly runs: number
}

/** A confidence interval of a metric, by resampling units. @throws OptionError, InputError */
export const bootstrap = (options: BootstrapOptions): Interval => {
  const { counts, ...rest } = options
  const { metric, over, resamples, confidence, seed } = decodeOptions("bootstrap", BootstrapOptions, rest)
  const runs = runsOf("counts", counts)
  const units = runs[0]!.units
  const system = runs.map((run) => resampled(run, metric))
  const values = new Float64Array(resamples)
  const draw = drawer(units, runs.length, over, rng(seed))
  for (let n = 0; n < resamples; n++) {
    draw.next()
    values[n] = meanOver(system, draw)
  }
  values.sort()
  const tail = (1 - confidence) / 2
  return {
    estimate: meanOver(system, asTheyAre(units, runs.length)),
    low: percentile(values, tail),
    high: percentile(values, 1 - tail),
    ...{ confidence, resamples, units, runs: runs.length }
  }
}

/** @throws InputError for no runs, no units, or runs with different numbers of units */
export const runsOf = (source: string, counts: Counts | ReadonlyArray<Counts>): ReadonlyArray<Counts> => {
  const runs: ReadonlyArray<Counts> = "units" in counts ? [counts] : counts
  const units = runs[0]?.units ?? 0
  if (units === 0) throw new InputError({ source, reason: "nothing is counted", remedy: "score at least one sentence" })
  const other = runs.findIndex((run) => run.units !== units)
  if (other === -1) return runs
  const reason = `run ${other} has ${runs[other]!.units} units, run 0 has ${units}`
  throw new InputError({ source, reason, remedy: "score every run on the same sentences" })
}

/** Chosen units, and chosen runs. */
export interface Draw {
  readonly units: Int32Array
  readonly runs: Int32Array
}

export const asTheyAre = (units: number, runs: number): Draw => ({
  units: Int32Array.from({ length: units }, (_, i) => i),
  runs: Int32Array.from({ length: runs }, (_, i) => i)
})

/** A draw whose units, runs, or both are drawn anew at `next()`. */
export const drawer = (
  units: number,
  runs: number,
  over: (typeof BootstrapOptions.Type)["over"],
  random: Rng
): Draw & { next(): void } => {
  const draw = asTheyAre(units, runs)
  return {
    ...draw,
    // Cut to integers by the array; 32 bits are uniform enough here, and faster than `int`.
    next: () => {
      if (over !== "sets") for (let i = 0; i < units; i++) draw.units[i] = random.next() * units
      if (over !== "units") for (let i = 0; i < runs; i++) draw.runs[i] = random.next() * runs
    }
  }
}

export const meanOver = (system: ReadonlyArray<Resampled>, { units, runs }: Draw): number => {
  let sum = 0
  for (const run of runs) sum += system[run]!(units)
  return sum / runs.length
}
