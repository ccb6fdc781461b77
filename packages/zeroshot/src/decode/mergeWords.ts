import type { Span } from "@nuner/core"
import type { Candidate } from "./candidates.ts"

/**
 * NuNER Zero gives each word its types; words side by side become one entity.
 *
 * `"corrected"`: runs of words of one type, each with the least score of its words. `"published"`, as its model card has it: left to right, an entity
 * goes on where the next one of the list has the same type and begins at its end or one character behind it; the score stays the first word's.
 *
 * @param words single words in order of place
 * @param offsets where the words of the text stand in it
 */
export const mergeWords = (
  words: ReadonlyArray<Candidate>,
  offsets: ReadonlyArray<Span>,
  how: "published" | "corrected"
): Array<Candidate> => {
  const merged: Array<Candidate> = []
  /** The place in `merged` of the last entity that a type has. */
  const lastOf = new Map<number, number>()
  for (const word of words) {
    const at = how === "published" ? merged.length - 1 : (lastOf.get(word.type) ?? -1)
    const last = merged[at]
    if (last !== undefined && last.type === word.type && follows(last, word, offsets, how)) {
      const score = how === "published" ? last.score : Math.min(last.score, word.score)
      merged[at] = { ...last, end: word.end, score }
    } else {
      lastOf.set(word.type, merged.length)
      merged.push(word)
    }
  }
  return merged
}

const follows = (
  last: Candidate,
  next: Candidate,
  offsets: ReadonlyArray<Span>,
  how: "published" | "corrected"
): boolean => {
  if (how === "corrected") return next.start === last.end + 1
  const gap = offsets[next.start]!.start - offsets[last.end]!.end
  return gap === 0 || gap === 1
}
