import { mkdirSync } from "node:fs"
import { dirname } from "node:path"
import {
  type AnnotateInput,
  annotate,
  exitCode,
  forecast,
  formatForecast,
  formatProgress,
  formatSummary,
  PASSING_REASONS,
  type Summary
} from "@nuner/annotator"
import { type Completion, complete, type DataOptionsInput, InputError, type Sentence, writeJsonl } from "@nuner/core"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { type Intake, intake } from "../inputs/intake.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { plain } from "./plain.ts"

export interface AnnotateStageOptions extends Omit<AnnotateInput, "sentences" | "ledger" | "signal"> {
  /** Raw text: see `readSentences`. */
  readonly input: string
  /** How its files are read. */
  readonly data?: DataOptionsInput
  /** The annotated sentences, JSON Lines. Beside it: the manifest, the ledger, and the sentences that got no annotation. */
  readonly out: string
  /** Default: `<out>.ledger.sqlite`. */
  readonly ledger?: string
  /** Take only the first sentences. Default: all. */
  readonly limit?: number
}

/**
 * Asks the LLM for the entities of every sentence. A rerun asks nothing twice: answers are kept in the ledger as they arrive. Where sentences
 * are left without an answer the result is incomplete: the same call asks for them.
 */
export const annotateStage = Effect.fn("annotateStage")(function* (options: AnnotateStageOptions) {
  const { data, input, limit = Number.POSITIVE_INFINITY, out, prompt, ...settings } = options
  const ledger = settings.ledger ?? `${out}.ledger.sqlite`
  const failures = out.replace(/(\.jsonl)?$/, ".failed.jsonl")
  const progress = yield* Progress
  return yield* runStage({
    name: "annotate",
    manifest: `${out}.manifest.json`,
    settings: plain({ ...settings, data, limit, prompt: prompt?.name ?? "figure-2" }),
    inputs: settings.answers === undefined ? [input] : [input, settings.answers],
    artefacts: [out, failures],
    large: true,
    work: attempt("annotate", async (signal) => {
      mkdirSync(dirname(out), { recursive: true })
      const door = intake({ data, say: progress.say, out })
      const sentences = await first(door, input, limit)
      if (sentences.length === 0) {
        throw new InputError({ source: input, reason: "has no sentences", remedy: "check that this is the right file" })
      }
      const failed: Array<{ id: string; text: string; reason: string }> = []
      let summary: Summary | undefined
      const events = annotate({
        ...settings,
        sentences,
        ledger,
        signal,
        total: sentences.length,
        ...(prompt ? { prompt } : {})
      })
      await writeJsonl(
        out,
        (async function* () {
          for await (const event of events) {
            if (event.type === "annotated") yield event.record
            else if (event.type === "failed") failed.push({ id: event.id, text: event.text, reason: event.reason })
            else if (event.type === "summary") summary = event.summary
            else {
              const { done, total } = event.progress
              progress.update({ stage: "annotate", done, total: total ?? 0, note: formatProgress(event.progress) })
            }
          }
        })()
      )
      await writeJsonl(failures, failed)
      if (summary === undefined) throw new Error("the annotator ended without a summary")
      return {
        completion: completionOf(summary, failures),
        ...(summary.cost === null ? {} : { cost: summary.spent }),
        files: door.files,
        counts: {
          records: door.counts(),
          sentences: { in: sentences.length, out: summary.answered, dropped: tally(failed) }
        },
        summary: formatSummary(summary).replaceAll("\n", "; ")
      }
    })
  })
})

/** Sentences without annotations, by reason, and what may still get them some. */
const completionOf = (summary: Summary, failures: string): Completion => {
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

/** What `annotateStage` with the same options would send and cost, in words; sends nothing. */
export const annotateForecast = ({
  data,
  input,
  limit = Number.POSITIVE_INFINITY,
  out,
  ...settings
}: AnnotateStageOptions) =>
  attempt("annotate", async () => {
    const ledger = settings.ledger ?? `${out}.ledger.sqlite`
    return formatForecast(
      await forecast({ ...settings, ledger, sentences: await first(intake({ data }), input, limit) })
    )
  })

const first = async (door: Intake, input: string, limit: number): Promise<Array<Sentence>> => {
  const out: Array<Sentence> = []
  if (limit <= 0) return out
  for await (const { id, text } of door.sentences(input)) if (out.push({ id, text }) >= limit) break
  return out
}

const tally = (failed: ReadonlyArray<{ readonly reason: string }>): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { reason } of failed) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}
