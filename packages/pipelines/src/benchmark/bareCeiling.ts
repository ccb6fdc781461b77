import { fromTags, type LabelledSentence, overlap, toTags } from "@nuner/core"
import { entityMicro } from "@nuner/metrics"

/**
 * The entity F1 (in percent) that a perfect labeller reaches with one class a type, which merges neighbours of one type. Overlapping
 * entities, which no labels of words can tell, count as they are.
 */
export const bareCeiling = (sentences: ReadonlyArray<LabelledSentence>): number => {
  const merged = sentences.map(({ entities, words }) => ({
    entities: overlap(entities) ? entities : (fromTags(toTags(entities, words.length, "bare"), "bare") ?? [])
  }))
  return 100 * entityMicro(sentences, merged).f1
}

/** Above it one class a type costs a perfect labeller too little to pay for twice as many classes. */
const ENOUGH = 99.5

/** The classes of a head for data: B- and I- where bare ones would merge neighbours at a price, or cannot tell a type called "O" from none. */
export const schemeFor = (sentences: ReadonlyArray<LabelledSentence>): "bare" | "BIO" => {
  const entities = sentences.flatMap(({ entities }) => entities)
  const merges = entities.length > 0 && bareCeiling(sentences) < ENOUGH
  return merges || entities.some(({ type }) => type === "O") ? "BIO" : "bare"
}
