import { mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { aligner } from "@nuner/aligner"
import type { Failed, Forecast } from "@nuner/annotator"
import { type AnnotatedSentence, markText } from "@nuner/core"
import { Effect, Stream } from "effect"
import { intake } from "../inputs/intake.ts"
import { ask } from "../llm/ask.ts"
import { Progress } from "../services/Progress.ts"
import { type AnnotateStageOptions, annotateForecast, askingOf, countSentences, sentencesOf } from "./annotate.ts"

/** A few sentences annotated, and what all of them would cost. */
export interface Preview {
  readonly records: ReadonlyArray<AnnotatedSentence>
  readonly failed: ReadonlyArray<Failed>
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
  const all = yield* countSentences(options)
  const few = Math.min(count, all)
  const chosen = new Set(Array.from({ length: few }, (_, i) => Math.floor((i * all) / few)))
  mkdirSync(dirname(options.out), { recursive: true })
  const { say } = yield* Progress
  const sentences = sentencesOf(options, intake({ data: options.data, say })).pipe(
    Stream.zipWithIndex,
    Stream.filter(([, index]) => chosen.has(index)),
    Stream.map(([sentence]) => sentence)
  )
  const records: Array<AnnotatedSentence> = []
  const failed: Array<Failed> = []
  const { attempts, cost } = yield* ask("preview", sentences, askingOf(options, few), (replies) =>
    Effect.sync(() => {
      for (const reply of replies) if (reply.type === "annotated") records.push(reply.record)
      for (const reply of replies) if (reply.type === "failed") failed.push(reply)
    })
  )
  const rest = yield* annotateForecast(options)
  const costPerRequest = cost === null || attempts === 0 ? null : cost / attempts
  const costOfRest = costPerRequest === null ? rest.cost : costPerRequest * rest.requests
  return { records, failed, costPerRequest, rest, costOfRest } satisfies Preview
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
