import { type AnnotateInput, forecast, formatSummary } from "@nuner/annotator"
import { type DataOptionsInput, InputError, type Sentence } from "@nuner/core"
import { Effect, Stream } from "effect"
import { attempt, type StageError } from "../errors.ts"
import { type Intake, intake } from "../inputs/intake.ts"
import { askInto, completionOf, unanswered } from "../llm/ask.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { READ, streamOf } from "../services/streams.ts"
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
 * Asks the LLM for the entities of every sentence. Records are written as they come, to `<out>.partial` until the last is there. A rerun asks
 * nothing twice: answers are kept in the ledger as they arrive. Where sentences are left without an answer the result is incomplete: the same call
 * asks for them.
 */
export const annotateStage = Effect.fn("annotateStage")(function* (options: AnnotateStageOptions) {
  const { data, input, limit, out, prompt, ...settings } = options
  const failures = out.replace(/(\.jsonl)?$/, ".failed.jsonl")
  const { say } = yield* Progress
  return yield* runStage({
    name: "annotate",
    manifest: `${out}.manifest.json`,
    settings: plain({ ...settings, data, limit, prompt: prompt?.name ?? "figure-2" }),
    inputs: settings.answers === undefined ? [input] : [input, settings.answers],
    artefacts: [out, failures],
    large: true,
    work: Effect.gen(function* () {
      const total = yield* countSentences(options)
      if (total > LONG && settings.provider !== "recorded")
        say("annotate   long: nuner preview with the same flags shows 20 sentences first, and what all of them cost")
      const door = intake({ data, say, out })
      const summary = yield* askInto("annotate", sentencesOf(options, door), askingOf(options, total), {
        ...{ out, rowOf: ({ record }) => record },
        ...{ failures, rowOfFailure: unanswered }
      })
      return {
        completion: completionOf(summary, failures),
        cost: summary.cost === null ? undefined : summary.spent,
        files: door.files,
        counts: {
          records: door.counts(),
          sentences: { in: total, out: summary.answered, dropped: summary.reasons }
        },
        summary: formatSummary(summary).replaceAll("\n", "; ")
      }
    })
  })
})

/** Sentences from which on it is worth a look at a few of them first. */
const LONG = 200

/** What `annotateStage` with the same options would send and cost; sends nothing. */
export const annotateForecast = (options: AnnotateStageOptions) =>
  Effect.flatMap(Stream.toAsyncIterableEffect(sentencesOf(options)), (sentences) =>
    attempt("annotate", () => forecast({ ...askingOf(options), sentences }))
  )

/** How and whom to ask, of the options of a stage. */
export const askingOf = (
  { data: _, input: __, ledger, limit: ___, out, ...asking }: AnnotateStageOptions,
  total?: number
) => ({ ...asking, ledger: ledger ?? `${out}.ledger.sqlite`, ...(total === undefined ? {} : { total }) })

type SentencesOf = Pick<AnnotateStageOptions, "data" | "input" | "limit">

/** The input's sentences, as they are read. @param door that counts them. Default: one that nobody asks */
export const sentencesOf = (
  { data, input, limit = Number.POSITIVE_INFINITY }: SentencesOf,
  door: Intake = intake({ data })
): Stream.Stream<Sentence, StageError> =>
  streamOf("annotate", () => door.sentences(input), READ).pipe(
    Stream.take(limit),
    Stream.map(({ id, text }) => ({ id, text }))
  )

/** Reads the input once to its end, so that what cannot be read is told before anything is paid. Fails with an `InputError` for none. */
export const countSentences = (options: SentencesOf): Effect.Effect<number, StageError> =>
  Effect.filterOrFail(
    Stream.runCount(sentencesOf(options)),
    (count) => count > 0,
    () =>
      new InputError({
        source: options.input,
        reason: "has no sentences",
        remedy: "check that this is the right file"
      })
  )
