import type { AlignedSentence, AnnotatedSentence } from "@nuner/core"

/** A sentence before or after alignment: what is counted in it is its annotations, or its mentions. */
export type ConceptSentence = AnnotatedSentence | AlignedSentence

/** The concept names that a sentence can be trained on: one an annotation, or one a mention. */
export const conceptNames = (sentence: ConceptSentence): Array<string> => labels(sentence).map(({ concept }) => concept)

/** The same with the annotations that found no place: everything the LLM said. */
export const allConceptNames = (sentence: ConceptSentence): Array<string> =>
  "annotations" in sentence
    ? conceptNames(sentence)
    : [...conceptNames(sentence), ...(sentence.unaligned ?? []).map(({ concept }) => concept)]

/** The sentence with only those annotations, or mentions, whose concept name passes. */
export const keepConcepts = <S extends ConceptSentence>(sentence: S, keep: (name: string) => boolean): S =>
  "annotations" in sentence
    ? { ...sentence, annotations: sentence.annotations.filter(({ concept }) => keep(concept)) }
    : { ...sentence, mentions: sentence.mentions.filter(({ concept }) => keep(concept)) }

const labels = (sentence: ConceptSentence): ReadonlyArray<{ readonly concept: string }> =>
  "annotations" in sentence ? sentence.annotations : sentence.mentions
