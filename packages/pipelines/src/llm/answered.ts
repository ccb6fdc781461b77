import { type AnnotateInput, annotate, exitCode, formatProgress, PASSING_REASONS, type Summary } from "@nuner/annotator"
import { type AnnotatedSentence, type Completion, complete } from "@nuner/core"
import type { Progress } from "../services/Progress.ts"

/** A sentence without an answer, and why. */
export interface Unanswered {
  readonly id: string
  readonly text: string
  readonly reason: string
  /** What the provider said: message, status, code, request id. */
  readonly detail?: string
  /** The raw answer, if one arrived. */
  readonly answer?: string
}

/** What a model answered about sentences, in their order, as it comes. */
export interface Answered {
  /** To be read once, to its end: the rest is whole only then. */
  readonly records: AsyncGenerator<AnnotatedSentence>
  readonly failed: ReadonlyArray<Unanswered>
  /** Lines of answers that could not be read, by reason. */
  readonly unreadable: Readonly<Record<string, number>>
  readonly summary: Summary | undefined
}

/** Asks a model about every sentence, and tells the progress of the stage. See `annotate`. */
export const answered = (stage: string, input: AnnotateInput, { say, update }: Progress["Service"]): Answered => {
  const failed: Array<Unanswered> = []
  const unreadable: Record<string, number> = {}
  let summary: Summary | undefined
  let resumesAt: number | null = null
  const records = async function* () {
    for await (const event of annotate(input)) {
      if (event.type === "annotated") {
        for (const { reason } of event.rejected) unreadable[reason] = (unreadable[reason] ?? 0) + 1
        yield event.record
      } else if (event.type === "failed") {
        const { address: _, state: __, type: ___, ...unanswered } = event
        failed.push(unanswered)
      } else if (event.type === "summary") summary = event.summary
      else {
        const { done, total } = event.progress
        if (event.progress.resumesAt !== null && event.progress.resumesAt !== resumesAt) {
          resumesAt = event.progress.resumesAt
          const when = new Date(resumesAt).toISOString()
          say(`${stage.padEnd(10)} told to wait: goes on at ${when}; --on-long-wait stop ends it instead`)
        }
        update({ stage, done, total: total ?? 0, note: formatProgress(event.progress) })
      }
    }
    if (summary === undefined) throw new Error("the annotator ended without a summary")
  }
  return {
    records: records(),
    failed,
    unreadable,
    get summary() {
      return summary
    }
  }
}

/** How often each reason stands there. */
export const byReason = (failed: ReadonlyArray<Unanswered>): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { reason } of failed) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}

/** Sentences without an answer, by reason, and what may still get them one. */
export const completionOf = (summary: Summary, failures: string): Completion => {
  const code = exitCode(summary)
  if (code === 0) return complete
  const passing = Object.keys(summary.reasons).every((reason) => PASSING_REASONS.some((one) => one === reason))
  const again = "what was answered is not asked again"
  const remedy =
    code === 3
      ? `raise --max-cost and run it again: ${again}`
      : passing
        ? `run it again: ${again}`
        : `reasons are in ${failures}; --retry-failed asks these again, and only these`
  return { state: "incomplete", exitCode: code, missing: summary.reasons, remedy }
}
