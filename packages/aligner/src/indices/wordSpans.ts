import type { Span } from "@nuner/core"
import { tokenSpans } from "./tokenSpans.ts"

/** Words `[start, end)` of a list. */
export interface WordSpan extends Span {
  /** The mention covers only a part of its first or last word ("US" where "US-based" is one word). */
  readonly cut: boolean
}

/**
 * Where mentions are in a list of words: for each, the words that share a character with it.
 *
 * @param mentions in UTF-16 units of the text, in any order; they may overlap
 * @param words where each word stands, in UTF-16 units, in the order of the text
 * @returns `undefined` for a mention that touches no word
 */
export const wordSpans = (mentions: ReadonlyArray<Span>, words: ReadonlyArray<Span>): Array<WordSpan | undefined> =>
  tokenSpans(mentions, words).map((span, i) => {
    if (span === undefined) return undefined
    const mention = mentions[i]!
    return { ...span, cut: words[span.start]!.start < mention.start || words[span.end - 1]!.end > mention.end }
  })
