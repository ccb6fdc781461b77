import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs"
import { dirname } from "node:path"

/** An event of training: those with a step belong to it. */
interface LoggedEvent {
  readonly type: string
  readonly step?: number
}

/** A file of training events, JSON Lines. */
export interface TrainingLog {
  readonly write: (event: LoggedEvent) => void
  readonly close: () => void
}

/**
 * Writes events as they come, for tools that follow a run and for its curves. A run that resumes goes on in the file of the run that was
 * cut short, behind the step of its checkpoint: each step stands there once. So does that step's validation, which comes again.
 */
export const trainingLog = (path: string): TrainingLog => {
  let file: number | undefined
  let held: Array<LoggedEvent> = []
  const append = (lines: ReadonlyArray<string>) => {
    for (const line of lines) writeSync(file!, `${line}\n`)
  }
  const open = (event: LoggedEvent) => {
    const kept = event.type === "resume" ? linesUntil(path, event.step ?? 0) : []
    mkdirSync(dirname(path), { recursive: true })
    file = openSync(path, "w")
    append(kept.length > 0 ? kept : held.map((one) => JSON.stringify(one)))
    held = []
  }
  return {
    write: (event) => {
      // Whether the run resumes is known after what it is about to do ("start") and the scores before its first step.
      if (file === undefined && event.type !== "resume" && (event.step ?? 0) === 0) {
        held.push(event)
        return
      }
      if (file === undefined) open(event)
      append([JSON.stringify(event)])
    },
    close: () => {
      if (file !== undefined) closeSync(file)
    }
  }
}

/** The events of a log. A last line that was cut short is passed over. */
export const readTrainingLog = (path: string): Array<LoggedEvent & Record<string, unknown>> =>
  readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return [JSON.parse(line)]
      } catch {
        return []
      }
    })

const linesUntil = (path: string, step: number): Array<string> =>
  existsSync(path)
    ? readTrainingLog(path)
        .filter(({ step: at = 0, type }) => at < step || (at === step && type !== "validation"))
        .map((event) => JSON.stringify(event))
    : []
