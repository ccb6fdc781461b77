import { type LabelledSentence, toSpans } from "@nuner/core"
import type { StoredSentence } from "@nuner/sampler"
import {
  type SentenceWindow,
  type TokenisedSentence,
  tokeniseSentences,
  type WindowOptions
} from "../sentenceWindows.ts"
import type { TypeClasses } from "./typeClasses.ts"

/** A sentence and the dataset that it belongs to. */
export interface DatasetSentence {
  readonly dataset: string
  readonly sentence: LabelledSentence
}

/** A window of a labelled sentence as the encoder reads it. */
export interface LabelledWindow {
  /** `[tokens]`, special tokens included. */
  readonly ids: Int32Array
  /** The class of each of `ids`; -100 for those that do not count: special tokens, and tokens that another window has in better context. */
  readonly labels: Int32Array
  /** The dataset's place among the datasets. */
  readonly dataset: number
}

/** The label of a token that does not count. */
export const IGNORED = -100

/** Windows of labelled sentences, every counted sub-token of an entity's words with the class of its type. */
export const labelledWindows = async (
  sentences: ReadonlyArray<DatasetSentence>,
  classes: TypeClasses,
  options: WindowOptions
): Promise<Array<TokenisedSentence & { readonly labelled: ReadonlyArray<LabelledWindow> }>> => {
  const tokenised = await tokeniseSentences(
    sentences.map(({ sentence }) => asAligned(sentence)),
    options
  )
  return tokenised.map((one, i) => ({
    ...one,
    labelled: one.windows.map((window) => labelWindow(window, sentences[i]!.dataset, classes))
  }))
}

/** The running text, its words joined by single spaces where there is none, with its entities as spans of it. */
const asAligned = (sentence: LabelledSentence): StoredSentence => {
  const { entities, text } = toSpans(sentence)
  return { text, mentions: entities.map(({ type, ...span }) => ({ ...span, concept: type })) }
}

const labelWindow = (
  { content, counts, ids, labels }: SentenceWindow,
  dataset: string,
  { numbers }: TypeClasses
): LabelledWindow => {
  const classOf = numbers.get(dataset)!
  const classes = new Int32Array(ids.length).fill(IGNORED)
  classes.fill(0, content.start, content.end)
  for (const { concept, end, start } of labels) {
    classes.fill(classOf.get(concept)!, Math.max(start, content.start), Math.max(0, Math.min(end, content.end)))
  }
  if (counts) for (let token = 0; token < classes.length; token++) if (counts[token] === 0) classes[token] = IGNORED
  return { ids, labels: classes, dataset: [...numbers.keys()].indexOf(dataset) }
}
