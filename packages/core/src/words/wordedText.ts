import type { Span } from "../schema/Span.ts"
import { type Word, words } from "./words.ts"

/** A text, its words and where they stand, in UTF-16 units. */
export interface WordedText {
  readonly text: string
  readonly offsets: ReadonlyArray<Word>
  readonly words: ReadonlyArray<string>
}

/** A text with its words. @param wordsOf how it is divided */
export const wordedText = (text: string, wordsOf: (text: string) => ReadonlyArray<Word> = words): WordedText => {
  const offsets = wordsOf(text)
  return { text, offsets, words: offsets.map(({ word }) => word) }
}

/** Entities over words at their places in the text: `text.slice(start, end)`, in UTF-16 units. */
export const placedIn = <E extends Span>(
  { offsets, text }: Pick<WordedText, "offsets" | "text">,
  entities: ReadonlyArray<E>
): Array<E & { readonly text: string }> =>
  entities.map((entity) => {
    const start = offsets[entity.start]!.start
    const end = offsets[entity.end - 1]!.end
    return { ...entity, start, end, text: text.slice(start, end) }
  })
