import { type AlignedSentence, InputError, type LabelledSentence, overlap, toSpans } from "@nuner/core"
import type { Tokenizer } from "@nuner/encoder"
import { prepareExamples } from "../data/examples.ts"
import type { TypeClasses } from "./typeClasses.ts"

/** A window of a labelled sentence as the encoder reads it. */
export interface LabelledExample {
  /** `[tokens]`, special tokens included. */
  readonly ids: Int32Array
  /** The class of each of `ids`; -100 for those that do not count: special tokens, and tokens that another window has in better context. */
  readonly labels: Int32Array
  /** The dataset's place among the datasets. */
  readonly dataset: number
}

export interface LabelledExamples {
  readonly examples: ReadonlyArray<LabelledExample>
  /** Entities that no sub-token overlaps; they label nothing. */
  readonly lostEntities: number
  /** Sentences that became more than one window. */
  readonly windowed: number
}

const IGNORED = -100

/**
 * Windows of the sentences of a dataset, every sub-token of an entity's words labelled with its class.
 *
 * @param maxTokens of a window, special tokens included
 * @throws InputError for overlapping entities: a token has one class
 */
export const labelledExamples = async (
  dataset: string,
  sentences: ReadonlyArray<LabelledSentence>,
  { numbers }: TypeClasses,
  tokenizer: Tokenizer,
  maxTokens: number
): Promise<LabelledExamples> => {
  const classOf = numbers.get(dataset)!
  const place = [...numbers.keys()].indexOf(dataset)
  const aligned = sentences.map((sentence, i) => asAligned(sentence, `${dataset || "sentence"} ${i}`))
  const { examples, lostMentions, windowed } = await prepareExamples(aligned, tokenizer, maxTokens)
  return {
    examples: examples.map(({ content, ids, labels }) => {
      const classes = new Int32Array(ids.length).fill(IGNORED)
      classes.fill(0, content.start, content.end)
      for (const { concept, end, start } of labels) {
        classes.fill(classOf.get(concept)!, Math.max(start, content.start), Math.max(0, Math.min(end, content.end)))
      }
      return { ids, labels: classes, dataset: place }
    }),
    lostEntities: lostMentions,
    windowed
  }
}

/** The running text, its words joined by single spaces where there is none, with its entities as spans of it. */
const asAligned = (sentence: LabelledSentence, place: string): AlignedSentence => {
  const id = sentence.id ?? place
  const second = overlap(sentence.entities)
  if (second) {
    const reason = `${second.type} ${second.start}..${second.end} overlaps an entity before it`
    throw new InputError({ source: id, field: "entities", reason, remedy: "keep one type a word" })
  }
  const { entities, text } = toSpans(sentence)
  return { id, text, mentions: entities.map(({ type, ...span }) => ({ ...span, concept: type, match: "exact" })) }
}
