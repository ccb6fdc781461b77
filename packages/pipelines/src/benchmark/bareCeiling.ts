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
