import { mkdirSync } from "node:fs"
import { dirname } from "node:path"
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
  writeJsonl
} from "@nuner/core"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { type Intake, intake } from "../inputs/intake.ts"
import { typesOf } from "../inputs/readDataset.ts"
import { answered, byReason, completionOf } from "../llm/answered.ts"
import { asText, entitiesOf } from "../llm/entitiesOf.ts"
import { asExample } from "../llm/questions.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import type { AnnotateStageOptions } from "./annotate.ts"
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
  const progress = yield* Progress
  return yield* runStage({
    name: "label",
    manifest: `${out}.manifest.json`,
    settings: plain({ ...settings, data, define, limit, types }),
    inputs: [input, examples, settings.answers].filter((file) => file !== undefined),
    artefacts: [out, failures],
    large: true,
    work: attempt("label", async (signal) => {
      mkdirSync(dirname(out), { recursive: true })
      const door = intake({ data, say: progress.say, out })
      const { asking, texts } = await planned(options, door)
      const asked = answered("label", { ...asking, signal }, progress)
      const locate = aligner({ overlap: "longest" })
      const found = new Map<string, number>()
      const documents = async function* (): AsyncGenerator<Document> {
        for await (const { annotations, id } of asked.records) {
          const text = texts[Number(id)]!
          const entities = entitiesOf(text.labelled, annotations, locate)
          for (const { type } of entities) found.set(type, (found.get(type) ?? 0) + 1)
          yield asDocument(text, entities)
        }
      }
      await formatNamed("jsonl").write!(out, documents(), {})
      await writeJsonl(
        failures,
        asked.failed.map(({ id, ...rest }) => ({ id: texts[Number(id)]!.id, ...rest }))
      )
      const summary = asked.summary!
      const entities = [...found.values()].reduce((sum, n) => sum + n, 0)
      const completion = completionOf(summary, failures)
      if (entities === 0 && completion.state === "complete" && data?.allowEmpty !== true) {
        const reason = `none of its ${texts.length} sentences got an entity`
        throw new InputError({
          source: input,
          reason,
          remedy: "check the types and what they mean; if that is right: --allow-empty"
        })
      }
      const { annotations, occurrences } = alignCounts(locate.report())
      const unread = Object.values(asked.unreadable).reduce((sum, n) => sum + n, 0)
      const said = [...found].toSorted((a, b) => b[1] - a[1]).map(([type, n]) => `${n} ${type}`)
      return {
        completion,
        ...(summary.cost === null ? {} : { cost: summary.spent }),
        files: door.files,
        counts: {
          records: door.counts(),
          sentences: { in: texts.length, out: summary.answered, dropped: byReason(asked.failed) },
          lines: { in: annotations.in + unread, out: annotations.in, dropped: asked.unreadable },
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
export const labelForecast = (options: LabelStageOptions) =>
  attempt("label", async () => {
    const { asking } = await planned(options, intake({ data: options.data }))
    return forecast(asking)
  })

/** A sentence to label, as words. */
interface Text {
  readonly id: string
  readonly labelled: LabelledSentence
  readonly fields: Document["fields"]
}

/** What is known before the first question: what is asked, and the sentences by the numbers that are their ids there. */
const planned = async (
  { data, define = {}, examples, input, ledger, limit = Number.POSITIVE_INFINITY, out, ...options }: LabelStageOptions,
  door: Intake
) => {
  const { format: _, ...ofExamples } = data ?? {}
  const shown = examples === undefined ? [] : await intake({ data: ofExamples }).dataset(examples)
  const defined = Object.keys(define)
  const { types = defined.length > 0 ? defined : typesOf(shown), ...asking } = options
  if (types.length === 0) {
    const remedy = "--types person,company, or --define, or --examples that have them"
    throw new OptionError({ component: "label", option: "types", reason: "names no type", remedy })
  }
  const prompt = inContextNer({ types, definitions: define, examples: shown.map((example) => asExample(example)) })
  const texts: Array<Text> = []
  for await (const { document, id, text } of limit > 0 ? door.sentences(input) : []) {
    const { words } = document
    texts.push({ id, labelled: asWords(words ? { line: 0, words } : { line: 0, text }), fields: document.fields })
    if (texts.length >= limit) break
  }
  if (texts.length === 0) {
    throw new InputError({ source: input, reason: "has no sentences", remedy: "check that this is the right file" })
  }
  const sentences = texts.map(({ labelled }, n) => ({ id: String(n), text: asText(labelled).text }))
  const total = texts.length
  return { asking: { ...asking, ledger: ledger ?? `${out}.ledger.sqlite`, prompt, sentences, total }, texts }
}

const asDocument = ({ fields, id, labelled }: Text, entities: LabelledSentence["entities"]): Document =>
  labelled.text === undefined
    ? { line: 0, id, words: labelled.words, entities, fields }
    : { line: 0, id, ...toSpans({ ...labelled, entities }), fields }
