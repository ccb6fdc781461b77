import { decodeOptions, InputError, rng } from "@nuner/core"
import type { Counts } from "../counts/Counts.ts"
import { asTheyAre, BootstrapOptions, drawer, meanOver, runsOf } from "./bootstrap.ts"
import { percentile } from "./percentile.ts"
import { resampled } from "./Resampled.ts"

export interface PairedBootstrapOptions extends Omit<BootstrapOptions, "counts"> {
  /** Two systems on the same units; of several runs, run `i` of both on the same training set. */
  readonly a: Counts | ReadonlyArray<Counts>
  readonly b: Counts | ReadonlyArray<Counts>
}

export interface PairedInterval {
  readonly a: number
  readonly b: number
  /** a - b on the data as they are. */
  readonly difference: number
  /** Percentile interval of the difference. */
  readonly low: number
  readonly high: number
  /**
   * Two-sided: how often, if the systems did not differ, a difference at least this large would come up. The resampled differences
   * are moved to have the mean 0 that the null hypothesis asks for (Berg-Kirkpatrick et al. 2012); (times + 1) / (resamples + 1).
   */
  readonly p: number
  readonly confidence: number
  readonly resamples: number
  readonly units: number
  readonly runs: number
}

/** Compares two systems by resampling both alike (Koehn 2004). @throws OptionError, InputError */
export const pairedBootstrap = (options: PairedBootstrapOptions): PairedInterval => {
  const { a, b, ...rest } = options
  const { metric, over, resamples, confidence, seed } = decodeOptions("pairedBootstrap", BootstrapOptions, rest)
  const [runsA, runsB] = [runsOf("a", a), runsOf("b", b)]
  const [units, runs] = [runsA[0]!.units, runsA.length]
  if (runsB[0]!.units !== units || runsB.length !== runs) {
    const reason = `${runsB.length} runs of ${runsB[0]!.units} units, "a" has ${runs} of ${units}`
    throw new InputError({ source: "b", reason, remedy: "score both systems on the same sets" })
  }
  const [systemA, systemB] = [runsA.map((run) => resampled(run, metric)), runsB.map((run) => resampled(run, metric))]
  const all = asTheyAre(units, runs)
  const [scoreA, scoreB] = [meanOver(systemA, all), meanOver(systemB, all)]
  const difference = scoreA - scoreB
  const values = new Float64Array(resamples)
  const draw = drawer(units, runs, over, rng(seed))
  let extreme = 0
  for (let n = 0; n < resamples; n++) {
    draw.next()
    values[n] = meanOver(systemA, draw) - meanOver(systemB, draw)
    // Equal but for rounding is at least as large.
    if (Math.abs(values[n]! - difference) >= Math.abs(difference) - 1e-12) extreme++
  }
  values.sort()
  const tail = (1 - confidence) / 2
  return {
    ...{ a: scoreA, b: scoreB, difference },
    low: percentile(values, tail),
    high: percentile(values, 1 - tail),
    p: (extreme + 1) / (resamples + 1),
    ...{ confidence, resamples, units, runs }
  }
}
