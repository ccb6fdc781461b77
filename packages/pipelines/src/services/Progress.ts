import { Context, Effect, Layer } from "effect"

/** How far a stage is. */
export interface ProgressUpdate {
  readonly stage: string
  readonly done: number
  /** Absent when the size of the work is not known. */
  readonly total?: number
  /** What else is worth seeing: a loss, a cost, retries. */
  readonly note?: string
}

/**
 * Where long work says how far it is: a bar on a terminal, plain lines elsewhere. Plain functions, because the packages' event loops call
 * them from outside of Effect.
 */
export class Progress extends Context.Service<
  Progress,
  {
    /** Cheap to call often: most calls print nothing. */
    readonly update: (update: ProgressUpdate) => void
    /** A line that stays. */
    readonly say: (line: string) => void
  }
>()("@nuner/pipelines/Progress") {
  /** Says nothing. */
  static readonly silent = Layer.succeed(Progress, { update: () => {}, say: () => {} })

  /**
   * Renders to `write`: a line redrawn at most ten times a second on a terminal, cut to its `columns`, since one that wraps is not redrawn; a new
   * line every ten seconds elsewhere.
   */
  static readonly to = (
    write: (text: string) => void,
    terminal: boolean,
    now: () => number = () => performance.now(),
    columns: () => number = () => Number.POSITIVE_INFINITY
  ) =>
    Layer.sync(Progress, () => {
      const interval = terminal ? 100 : 10_000
      let stage = ""
      let [since, from] = [0, 0]
      let shown = 0
      return {
        update: (next) => {
          const time = now()
          if (next.stage !== stage) {
            stage = next.stage
            since = time
            from = next.done
            // Elsewhere than on a terminal, work that is done within the interval needs no line.
            shown = terminal ? time - interval : time
          }
          if (time - shown < interval) return
          shown = time
          const line = render(next, { elapsed: time - since, from })
          write(terminal ? `\r\u001b[2K${[...line].slice(0, columns() - 1).join("")}` : `${line}\n`)
        },
        say: (line) => {
          stage = ""
          write(`${terminal ? "\r\u001b[2K" : ""}${line}\n`)
        }
      }
    })

  /** The process's stderr; stdout is for results. */
  static readonly stderr = Layer.unwrap(
    Effect.sync(() =>
      Progress.to(
        (text) => process.stderr.write(text),
        process.stderr.isTTY === true,
        undefined,
        // A terminal that does not know its size says 0.
        () => process.stderr.columns || Number.POSITIVE_INFINITY
      )
    )
  )
}

const WIDTH = 24

/** `pretrain   [######------]  50 %  120/240  1m 04s left  loss 0.061`; of work that went on, what is left goes by what was done since. */
export const render = (
  { done, note, stage, total }: ProgressUpdate,
  { elapsed, from }: { readonly elapsed: number; readonly from: number }
): string => {
  const parts = [stage.padEnd(10)]
  if (total === undefined || total === 0) parts.push(`${done}`)
  else {
    const part = Math.min(1, done / total)
    const filled = Math.round(part * WIDTH)
    parts.push(`[${"#".repeat(filled)}${"-".repeat(WIDTH - filled)}]`, `${Math.floor(part * 100)} %`.padStart(5))
    parts.push(`${done}/${total}`)
    if (done > from && done < total) parts.push(`${duration((elapsed / (done - from)) * (total - done))} left`)
  }
  if (note !== undefined) parts.push(note)
  return parts.join(" ")
}

/** Milliseconds for people: `850 ms`, `12 s`, `3m 20s`, `2h 05m`. */
const duration = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const pad = (n: number) => String(n).padStart(2, "0")
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`
  return `${Math.floor(seconds / 3600)}h ${pad(Math.floor((seconds % 3600) / 60))}m`
}
