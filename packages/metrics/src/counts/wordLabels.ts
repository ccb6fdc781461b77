import { InputError } from "@nuner/core"
import type { WithEntities } from "./Labelled.ts"

/** The label of a word outside of any entity. */
export const outside = "O"

/**
 * The type of each word, `none` for a word of no entity (default "O"). Where entities overlap, the one that starts first has the word, of those the longer.
 *
 * @throws InputError when an entity reaches beyond the words
 */
export const wordLabels = ({ entities }: WithEntities, words: number, none = outside): Array<string> => {
  const labels = Array<string>(words).fill(none)
  const sorted = entities.length < 2 ? entities : entities.toSorted((a, b) => a.start - b.start || b.end - a.end)
  for (const { start, end, type } of sorted) {
    if (end > words) {
      const reason = `an entity of type "${type}" ends at word ${end} of ${words}`
      throw new InputError({ source: "entities", reason, remedy: "score the sentence that was predicted" })
    }
    for (let word = start; word < end; word++) if (labels[word] === none) labels[word] = type
  }
  return labels
}
