import {
  type AnnotateInput,
  cancelBatches,
  exitCode,
  formatProgress,
  formatSummary,
  layersOf,
  workStream
} from "@nuner/annotator"
import { type Completion, complete } from "@nuner/core"
import { Effect, Stream } from "effect"
import { attempt, stageError } from "../errors.ts"
import { Progress } from "../services/Progress.ts"

type WorkOptions = Omit<AnnotateInput, "sentences" | "signal">

/** Takes a share of a job that `nuner annotate` plans on the same Postgres; ends when nothing of it is unfinished. */
export const workStage = Effect.fn("workStage")(function* (input: WorkOptions) {
  const { say, update } = yield* Progress
  const { layer, options } = yield* Effect.try({ try: () => layersOf(input), catch: stageError("work") })
  return yield* workStream(options).pipe(
    Stream.provide(layer),
    Stream.runFold(
      (): Completion => complete,
      (completion, event): Completion => {
        if (event.type === "progress") {
          const { done, total } = event.progress
          update({ stage: "work", done, total: total ?? 0, note: formatProgress(event.progress) })
          return completion
        }
        say(`${"work".padEnd(10)} ${formatSummary(event.summary).replaceAll("\n", "; ")}`)
        const code = exitCode(event.summary)
        const remedy =
          code === 3
            ? "raise --max-cost where the job is planned, and here"
            : "run nuner annotate again where the job is planned"
        return code === 0 ? completion : { state: "incomplete", exitCode: code, missing: event.summary.reasons, remedy }
      }
    )
  )
})

/** Asks the provider to stop the job's batches; the next run collects what they had answered. Returns how many. */
export const cancelStage = (options: WorkOptions) => attempt("cancel", () => cancelBatches(options))
