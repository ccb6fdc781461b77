import { InputError } from "@nuner/core"
import type { WithEntities } from "./Labelled.ts"

/** The label of a word outside of any entity. */
export const outside = "O"

/** The same where types and it must not be confused: no type is empty, but one may be called "O". */
export const none = ""

/**
 * The type of each word, `label` for a word of no entity (default "O"). Where entities overlap, the one that starts first has the word, of those the longer.
 *
 * @throws InputError when an entity reaches beyond the words
 */
export const wordLabels = ({ entities }: WithEntities, words: number, label = outside): Array<string> => {
  const labels = Array<string>(words).fill(label)
  const sorted = entities.length < 2 ? entities : entities.toSorted((a, b) => a.start - b.start || b.end - a.end)
  for (const { start, end, type } of sorted) {
    if (end > words) {
      const reason = `an entity of type "${type}" ends at word ${end} of ${words}`
      throw new InputError({ source: "entities", reason, remedy: "score the sentence that was predicted" })
    }
    for (let word = start; word < end; word++) if (labels[word] === label) labels[word] = type
  }
  return labels
}
