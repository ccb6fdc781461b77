import { mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { aligner } from "@nuner/aligner"
import { type Forecast, forecast } from "@nuner/annotator"
import { type AnnotatedSentence, markText } from "@nuner/core"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { answered, type Unanswered } from "../llm/answered.ts"
import { Progress } from "../services/Progress.ts"
import { type AnnotateStageOptions, sentencesOf } from "./annotate.ts"

/** A few sentences annotated, and what all of them would cost. */
export interface Preview {
  readonly records: ReadonlyArray<AnnotatedSentence>
  readonly failed: ReadonlyArray<Unanswered>
  /** Of these few, US dollars; null: the model has no price, or all of them were answered before. */
  readonly costPerRequest: number | null
  /** What the rest would send. Its cost is measured where `costPerRequest` is. */
  readonly rest: Forecast
  /** US dollars for the rest; null: not known. */
  readonly costOfRest: number | null
}

/**
 * Annotates sentences from all over the input, so that one sees what an LLM makes of it before it is paid for all. Nothing is written but the
 * ledger, that of `annotateStage` with the same options: it does not ask for these again.
 *
 * @param count of sentences. Default 20
 */
export const previewStage = Effect.fn("previewStage")(function* (options: AnnotateStageOptions, count = 20) {
  const { data, input, limit = Number.POSITIVE_INFINITY, out, ...settings } = options
  const progress = yield* Progress
  return yield* attempt("preview", async (signal): Promise<Preview> => {
    const all = await sentencesOf(intake({ data, say: progress.say }), input, limit)
    mkdirSync(dirname(out), { recursive: true })
    const few = Math.min(count, all.length)
    const sentences = Array.from({ length: few }, (_, i) => all[Math.floor((i * all.length) / few)]!)
    const asking = { ...settings, ledger: settings.ledger ?? `${out}.ledger.sqlite` }
    const asked = answered("preview", { ...asking, sentences, signal, total: few }, progress)
    const records = await Array.fromAsync(asked.records)
    const { attempts, cost } = asked.summary!
    const rest = await forecast({ ...asking, sentences: all })
    const costPerRequest = cost === null || attempts === 0 ? null : cost / attempts
    const costOfRest = costPerRequest === null ? rest.cost : costPerRequest * rest.requests
    return { records, failed: asked.failed, costPerRequest, rest, costOfRest }
  })
})

/** For people: each sentence with its entities marked, then the cost. */
export const formatPreview = ({ costOfRest, costPerRequest, failed, records, rest }: Preview): string => {
  const locate = aligner({ overlap: "longest" })
  const marked = records.map((record) => {
    const { mentions } = locate.align(record)
    return markText(
      record.text,
      mentions.map(({ concept, end, start }) => ({ start, end, type: concept }))
    )
  })
  const dollars = (cost: number) => `$${cost.toFixed(cost < 0.01 ? 6 : 2)}`
  const measured = costPerRequest === null ? "estimated" : `measured: ${dollars(costPerRequest)} a sentence`
  return [
    ...marked,
    ...failed.map(({ detail, reason, text }) => `(${reason}${detail === undefined ? "" : `: ${detail}`}) ${text}`),
    "",
    costOfRest === null
      ? `${rest.requests} sentences are left; no price for this model: see nuner prices`
      : `${rest.requests} sentences are left: about ${dollars(costOfRest)} (${measured})`
  ].join("\n")
}
