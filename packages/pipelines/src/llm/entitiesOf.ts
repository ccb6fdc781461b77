import type { Aligner } from "@nuner/aligner"
import { type Annotation, type Entity, fromSpans, type LabelledSentence, type Span, toSpans } from "@nuner/core"

/** The running text that a model is asked about, and where the sentence's words stand in it. */
export const asText = (
  sentence: LabelledSentence
): { readonly text: string; readonly offsets: ReadonlyArray<Span> } => {
  const each = sentence.words.map((_, word) => ({ start: word, end: word + 1, type: "word" }))
  const { entities, text } = toSpans({ ...sentence, entities: each })
  return { text, offsets: entities.map(({ end, start }) => ({ start, end })) }
}

/**
 * What a model answered, as entities over the words of the sentence: mentions are located by the aligner, grown to the words that they
 * touch, and where two overlap the longer one stays (of equals the earlier).
 */
export const entitiesOf = (
  sentence: LabelledSentence,
  annotations: ReadonlyArray<Annotation>,
  aligner: Aligner
): Array<Entity> => {
  const { offsets, text } = asText(sentence)
  const { mentions } = aligner.align({ id: sentence.id ?? "", text, annotations })
  const spans = mentions.map(({ concept, end, start }) => ({ start, end, type: concept }))
  // A mention within punctuation that the data has no word for cannot be predicted; words that hold any of it are.
  const touching = spans.filter((span) => offsets.some(({ end, start }) => start < span.end && end > span.start))
  const { entities } = fromSpans(text, touching, { offsets, onCut: "expand" }).sentence
  const kept: Array<Entity> = []
  for (const entity of entities.toSorted((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start)) {
    if (kept.every(({ end, start }) => entity.end <= start || entity.start >= end)) kept.push(entity)
  }
  return kept.sort((a, b) => a.start - b.start)
}
