import type { WordFeatures } from "@nuner/classifier"
import type { LabelledSentence } from "@nuner/core"
import type { TrainingSet } from "./TrainingSet.ts"

/**
 * A training set without its ignored words: a probe looks at one word at a time, so that what is to be left out of the loss is simply not
 * there. Vectors are those that the words have in the whole sentence.
 */
export const withoutIgnored = (
  rows: WordFeatures,
  { sentences }: Pick<TrainingSet, "sentences">
): { readonly features: WordFeatures; readonly sentences: ReadonlyArray<LabelledSentence> } => {
  if (sentences.every(({ ignored = [] }) => ignored.length === 0)) return { features: rows, sentences }
  const { starts, values, width } = rows
  const kept: Array<number> = []
  const newStarts = new Int32Array(sentences.length + 1)
  const shortened = sentences.map(({ entities, ignored = [], words }, i) => {
    const gone = new Set(ignored)
    /** For each place between words, how many kept words stand before it. */
    const before = [0]
    for (const word of words.keys()) {
      if (!gone.has(word)) kept.push(starts[i]! + word)
      before.push(before[word]! + (gone.has(word) ? 0 : 1))
    }
    newStarts[i + 1] = kept.length
    return {
      words: words.filter((_, word) => !gone.has(word)),
      entities: entities
        .map(({ end, start, type }) => ({ start: before[start]!, end: before[end]!, type }))
        .filter(({ end, start }) => start < end)
    }
  })
  const keptValues = new Float32Array(kept.length * width)
  for (const [i, row] of kept.entries()) keptValues.set(values.subarray(row * width, (row + 1) * width), i * width)
  return { features: { values: keptValues, starts: newStarts, width }, sentences: shortened }
}
