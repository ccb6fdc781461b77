import type { LabelledSentence } from "@nuner/core"

/** The type of each word as an index into `types`, -1 for none. Where entities overlap, the one that starts first has the word, then the longer. */
export const wordTypes = ({ words, entities }: LabelledSentence, types: ReadonlyArray<string>): Int32Array => {
  const of = new Int32Array(words.length).fill(-1)
  for (const { start, end, type } of entities.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    for (let word = start; word < end; word++) if (of[word] === -1) of[word] = types.indexOf(type)
  }
  return of
}
