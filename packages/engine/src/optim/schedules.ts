import { EngineError } from "../errors.ts"

/** The learning rate of an update; the first update is step 0. */
export type Schedule = (step: number) => number

/** Lengths are in updates. */
interface Phases {
  /** The highest learning rate. */
  readonly peak: number
  /** Updates of linear rise from 0. Default 0. */
  readonly warmup?: number
  /** All updates, warm-up included. */
  readonly total: number
}

/** Up to `peak`, then down to 0 at `total`: the numbers of Hugging Face's `get_linear_schedule_with_warmup`. */
const linear = ({ peak, warmup = 0, total }: Phases): Schedule => {
  check({ peak, warmup, total })
  return (step) => (step < warmup ? peak * rise(step, warmup) : peak * fall(step, warmup, total))
}

/** Up to `peak`, then down along half a cosine to 0 at `total`: the numbers of `get_cosine_schedule_with_warmup`. */
const cosine = ({ peak, warmup = 0, total }: Phases): Schedule => {
  check({ peak, warmup, total })
  return (step) => {
    if (step < warmup) return peak * rise(step, warmup)
    return (peak * (1 + Math.cos(Math.PI * (1 - fall(step, warmup, total))))) / 2
  }
}

/** Up to `peak`, level, and linearly down to 0 over the last `decay` updates (Hu et al. 2024). */
const warmupStableDecay = ({ peak, warmup = 0, total, decay }: Phases & { readonly decay: number }): Schedule => {
  check({ peak, warmup, total })
  if (!(decay >= 0 && warmup + decay <= total)) {
    throw new EngineError(`schedule: warm-up ${warmup} and decay ${decay} do not fit into ${total} updates`)
  }
  return (step) => peak * rise(step, warmup) * fall(step, total - decay, total)
}

/** Learning rates over time. */
export const schedules = { linear, cosine, warmupStableDecay } as const

const rise = (step: number, warmup: number): number => Math.min(1, step / Math.max(1, warmup) + (warmup === 0 ? 1 : 0))

const fall = (step: number, from: number, to: number): number =>
  step < from ? 1 : Math.max(0, (to - step) / Math.max(1, to - from))

const check = ({ peak, warmup = 0, total }: Phases): void => {
  if (!(peak >= 0 && Number.isFinite(peak))) throw new EngineError(`schedule: peak must be a rate >= 0, it is ${peak}`)
  if (!(warmup >= 0 && warmup <= total)) {
    throw new EngineError(`schedule: a warm-up of ${warmup} does not fit into ${total} updates`)
  }
}
