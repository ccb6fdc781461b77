import { type AlignedSentence, type Counts, InputError, OptionError } from "@nuner/core"
import {
  type ConceptFrequencies,
  chooseSentences,
  foldConcept,
  frequenciesOf,
  SentenceStore,
  type StoredSentence,
  splitSentences
} from "@nuner/sampler"
import type { PretrainSettings } from "./options.ts"

/** The sentences to train and to validate on, by their numbers in the store, with the mentions that are trained on. */
export interface Training {
  readonly store: SentenceStore
  readonly train: ReadonlyArray<number>
  readonly validation: ReadonlyArray<number>
  readonly mentions: (number: number) => StoredSentence["mentions"]
  /** Of the training sentences. */
  readonly concepts: ConceptFrequencies
  readonly counts: { readonly sentences: Counts; readonly annotations: Counts }
}

/** @throws InputError where fewer than two sentences are left, OptionError for a sample larger than what it is drawn from */
export const chooseTraining = async (
  sentences: Iterable<AlignedSentence> | AsyncIterable<AlignedSentence> | SentenceStore,
  { conceptText, keepEmpty, sampleSize, seed, topConcepts, validation }: PretrainSettings
): Promise<Training> => {
  const descriptions = conceptText === "description"
  const store = sentences instanceof SentenceStore ? sentences : await SentenceStore.from(sentences, { descriptions })
  if (descriptions && !store.descriptions) {
    const reason = "the store of sentences was made without descriptions"
    throw new OptionError({ component: "pretrain", option: "conceptText", reason })
  }
  const { counts, keeps, kept } = chooseSentences(store, {
    seed,
    empty: keepEmpty ? "keep" : "drop",
    ...(sampleSize !== undefined && { sampleSize }),
    ...(topConcepts !== undefined && { top: topConcepts })
  })
  if (kept.length < 2) {
    throw new InputError({
      source: "sentences",
      reason: `${kept.length} of ${store.count} sentences have a concept to train on`,
      remedy: "annotate and align more text"
    })
  }
  if (descriptions && !kept.some((number) => store.mentions(number).some(({ description }) => description))) {
    const reason = "no mention has a description"
    const remedy = "align annotations that have some again"
    throw new OptionError({ component: "pretrain", option: "conceptText", reason, remedy })
  }
  const mentions = (number: number): StoredSentence["mentions"] => {
    const those = store.mentions(number).filter(({ concept }) => keeps(concept))
    return descriptions ? those.map(describe) : those
  }
  const { train, validation: held } = splitSentences([...kept], { validation, seed })
  function* names() {
    for (const number of train) for (const { concept } of mentions(number)) yield concept
  }
  return { store, train, validation: held, mentions, concepts: frequenciesOf(names()), counts }
}

/** The mention with its description, where there is one, in the place of its concept. */
const describe = (mention: StoredSentence["mentions"][number]): StoredSentence["mentions"][number] =>
  foldConcept(mention.description ?? "") === "" ? mention : { ...mention, concept: mention.description! }
