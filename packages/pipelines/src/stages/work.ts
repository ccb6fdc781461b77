import { type AnnotateInput, cancelBatches, exitCode, formatProgress, formatSummary, work } from "@nuner/annotator"
import { type Completion, complete } from "@nuner/core"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { Progress } from "../services/Progress.ts"

type WorkOptions = Omit<AnnotateInput, "sentences" | "signal">

/** Takes a share of a job that `nuner annotate` plans on the same Postgres; ends when nothing of it is unfinished. */
export const workStage = Effect.fn("workStage")(function* (options: WorkOptions) {
  const progress = yield* Progress
  return yield* attempt("work", async (signal) => {
    let completion: Completion = complete
    for await (const event of work({ ...options, signal })) {
      if (event.type === "progress") {
        const { done, total } = event.progress
        progress.update({ stage: "work", done, total: total ?? 0, note: formatProgress(event.progress) })
      } else {
        progress.say(`${"work".padEnd(10)} ${formatSummary(event.summary).replaceAll("\n", "; ")}`)
        const code = exitCode(event.summary)
        const remedy =
          code === 3
            ? "raise --max-cost where the job is planned, and here"
            : "run nuner annotate again where the job is planned"
        if (code !== 0) completion = { state: "incomplete", exitCode: code, missing: event.summary.reasons, remedy }
      }
    }
    return completion
  })
})

/** Asks the provider to stop the job's batches; the next run collects what they had answered. Returns how many. */
export const cancelStage = (options: WorkOptions) => attempt("cancel", () => cancelBatches(options))
