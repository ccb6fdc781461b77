import { alignCounts, aligner } from "@nuner/aligner"
import { forecast, formatSummary, inContextNer } from "@nuner/annotator"
import {
  asWords,
  type DataOptionsInput,
  type Document,
  formatNamed,
  InputError,
  type LabelledSentence,
  OptionError,
  toSpans,
  typesIn
} from "@nuner/core"
import { Effect, Stream } from "effect"
import { attempt, type StageError } from "../errors.ts"
import { type Intake, intake } from "../inputs/intake.ts"
import { askInto, completionOf, unanswered } from "../llm/ask.ts"
import { asText, entitiesOf } from "../llm/entitiesOf.ts"
import { asExample } from "../llm/questions.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { READ, streamOf } from "../services/streams.ts"
import { type AnnotateStageOptions, askingOf, countSentences } from "./annotate.ts"
import { plain } from "./plain.ts"

export interface LabelStageOptions extends Omit<AnnotateStageOptions, "prompt" | "data"> {
  /** The types to label, as the prompt calls them, in its order. Default: those of `define`, else those of the examples. */
  readonly types?: ReadonlyArray<string>
  /** What a type means, by type. */
  readonly define?: Readonly<Record<string, string>>
  /** A file of labelled sentences, which the prompt shows. */
  readonly examples?: string
  /** How files are read; the `format` is that of the input. */
  readonly data?: DataOptionsInput
}

/**
 * Labels every sentence with the user's own types, by an LLM that is asked with the in-context prompt. Mentions are located, grown to whole words, and
 * of those that overlap the longest stays: what is written, JSON Lines of text (or words) and entities, any command reads that takes labelled sentences. The ledger
 * keeps the answers as in `annotateStage`.
 */
export const labelStage = Effect.fn("labelStage")(function* (options: LabelStageOptions) {
  const { data, define, examples, input, limit, out, types, ...settings } = options
  const failures = out.replace(/(\.jsonl)?$/, ".failed.jsonl")
  const { say } = yield* Progress
  return yield* runStage({
    name: "label",
    manifest: `${out}.manifest.json`,
    settings: plain({ ...settings, data, define, limit, types }),
    inputs: [input, examples, settings.answers].filter((file) => file !== undefined),
    artefacts: [out, failures],
    large: true,
    work: Effect.gen(function* () {
      const { asking, total } = yield* planned(options)
      const door = intake({ data, say, out })
      const locate = aligner({ overlap: "longest" })
      const found = new Map<string, number>()
      // From when a sentence is asked about to when it is out.
      const underWay = new Map<string, Text>()
      const taken = (id: string): Text => {
        const text = underWay.get(id)!
        underWay.delete(id)
        return text
      }
      const sentences = textsOf(options, door).pipe(
        Stream.zipWithIndex,
        Stream.map(([text, n]) => {
          underWay.set(String(n), text)
          return { id: String(n), text: asText(text.labelled).text }
        })
      )
      const summary = yield* askInto("label", sentences, asking, {
        out,
        rowOf: ({ record: { annotations, id } }) => {
          const text = taken(id)
          const entities = entitiesOf(text.labelled, annotations, locate)
          for (const { type } of entities) found.set(type, (found.get(type) ?? 0) + 1)
          return formatNamed("jsonl").row!(asDocument(text, entities))
        },
        failures,
        rowOfFailure: (reply) => ({ ...unanswered(reply), id: taken(reply.id).id })
      })
      const entities = [...found.values()].reduce((sum, n) => sum + n, 0)
      const completion = completionOf(summary, failures)
      if (entities === 0 && completion.state === "complete" && data?.allowEmpty !== true) {
        const reason = `none of its ${total} sentences got an entity`
        const remedy = "check the types and what they mean; if that is right: --allow-empty"
        return yield* new InputError({ source: input, reason, remedy })
      }
      const { annotations, occurrences } = alignCounts(locate.report())
      const unread = Object.values(summary.rejectedLines).reduce((sum, n) => sum + n, 0)
      const said = [...found].toSorted((a, b) => b[1] - a[1]).map(([type, n]) => `${n} ${type}`)
      return {
        completion,
        cost: summary.cost === null ? undefined : summary.spent,
        files: door.files,
        counts: {
          records: door.counts(),
          sentences: { in: total, out: summary.answered, dropped: summary.reasons },
          lines: { in: annotations.in + unread, out: annotations.in, dropped: summary.rejectedLines },
          annotations,
          occurrences,
          entities: { in: occurrences.out, out: entities, dropped: { overlapping: occurrences.out - entities } }
        },
        summary: `${entities} entities (${said.join(", ")}) of ${annotations.in} mentions, ${annotations.in - annotations.out} of them without a place; ${formatSummary(summary).replaceAll("\n", "; ")}`
      }
    })
  })
})

/** What `labelStage` with the same options would send and cost; sends nothing. */
export const labelForecast = Effect.fn("labelForecast")(function* (options: LabelStageOptions) {
  const { asking } = yield* planned(options)
  const sentences = yield* Stream.toAsyncIterableEffect(
    Stream.map(textsOf(options), ({ id, labelled }) => ({ id, text: asText(labelled).text }))
  )
  return yield* attempt("label", () => forecast({ ...asking, sentences }))
})

/** A sentence to label, as words. */
interface Text {
  readonly id: string
  readonly labelled: LabelledSentence
  readonly fields: Document["fields"]
}

/** The input's sentences, as they are read. */
const textsOf = (
  { data, input, limit = Number.POSITIVE_INFINITY }: LabelStageOptions,
  door: Intake = intake({ data })
): Stream.Stream<Text, StageError> =>
  streamOf("label", () => door.sentences(input), READ).pipe(
    Stream.take(limit),
    Stream.map(({ document: { fields, words }, id, text }) => ({
      ...{ id, fields },
      labelled: asWords(words ? { line: 0, words } : { line: 0, text })
    }))
  )

/** What is known before the first question: what is asked, and about how many sentences. */
const planned = Effect.fnUntraced(function* (options: LabelStageOptions) {
  const { define = {}, examples, types: given, ...rest } = options
  const { format: _, ...ofExamples } = options.data ?? {}
  const shown =
    examples === undefined ? [] : yield* attempt("label", () => intake({ data: ofExamples }).dataset(examples))
  const defined = Object.keys(define)
  const types = given ?? (defined.length > 0 ? defined : typesIn(shown))
  if (types.length === 0) {
    const remedy = "--types person,company, or --define, or --examples that have them"
    return yield* new OptionError({ component: "label", option: "types", reason: "names no type", remedy })
  }
  const prompt = yield* attempt("label", () =>
    inContextNer({ types, definitions: define, examples: shown.map((example) => asExample(example)) })
  )
  const total = yield* countSentences(options)
  return { asking: { ...askingOf(rest, total), prompt }, total }
})

const asDocument = ({ fields, id, labelled }: Text, entities: LabelledSentence["entities"]): Document =>
  labelled.text === undefined
    ? { line: 0, id, words: labelled.words, entities, fields }
    : { line: 0, id, ...toSpans({ ...labelled, entities }), fields }
