import { mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { type AnnotateInput, forecast, formatSummary } from "@nuner/annotator"
import { type DataOptionsInput, InputError, type Sentence, writeJsonl } from "@nuner/core"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { type Intake, intake } from "../inputs/intake.ts"
import { answered, byReason, completionOf } from "../llm/answered.ts"
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
      const sentences = await sentencesOf(door, input, limit)
      if (sentences.length === 0) {
        throw new InputError({ source: input, reason: "has no sentences", remedy: "check that this is the right file" })
      }
      if (sentences.length > LONG && settings.provider !== "recorded") {
        progress.say(
          "annotate   long: nuner preview with the same flags shows 20 sentences first, and what all of them cost"
        )
      }
      const asked = answered(
        "annotate",
        { ...settings, sentences, ledger, signal, total: sentences.length, ...(prompt ? { prompt } : {}) },
        progress
      )
      await writeJsonl(out, asked.records)
      await writeJsonl(failures, asked.failed)
      const summary = asked.summary!
      return {
        completion: completionOf(summary, failures),
        ...(summary.cost === null ? {} : { cost: summary.spent }),
        files: door.files,
        counts: {
          records: door.counts(),
          sentences: { in: sentences.length, out: summary.answered, dropped: byReason(asked.failed) }
        },
        summary: formatSummary(summary).replaceAll("\n", "; ")
      }
    })
  })
})

/** Sentences from which on it is worth a look at a few of them first. */
const LONG = 200

/** What `annotateStage` with the same options would send and cost; sends nothing. */
export const annotateForecast = ({
  data,
  input,
  limit = Number.POSITIVE_INFINITY,
  out,
  ...settings
}: AnnotateStageOptions) =>
  attempt("annotate", async () => {
    const ledger = settings.ledger ?? `${out}.ledger.sqlite`
    return forecast({ ...settings, ledger, sentences: await sentencesOf(intake({ data }), input, limit) })
  })

export const sentencesOf = async (door: Intake, input: string, limit: number): Promise<Array<Sentence>> => {
  const out: Array<Sentence> = []
  if (limit <= 0) return out
  for await (const { id, text } of door.sentences(input)) if (out.push({ id, text }) >= limit) break
  return out
}
