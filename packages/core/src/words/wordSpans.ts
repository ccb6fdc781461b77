import type { Span } from "../schema/Span.ts"

/**
 * Where mentions are in a list of sub-tokens: for each, the half-open interval of the sub-tokens that share a character with it, so that
 * every sub-token of a labelled word carries the label. Several sub-tokens of one character (byte-level BPE) go together.
 *
 * @param mentions in UTF-16 units of the text, in any order; they may overlap
 * @param offsets of each sub-token, in UTF-16 units, in the order of the text; special tokens and padding have empty spans anywhere
 * @returns `undefined` for a mention that no sub-token covers, for example behind the end of a cut sequence
 */
export const tokenSpans = (mentions: ReadonlyArray<Span>, offsets: ReadonlyArray<Span>): Array<Span | undefined> => {
  // Words are never empty: they need no list of those that are not.
  const filled = offsets.every(isFilled) ? undefined : offsets.flatMap((token, i) => (isFilled(token) ? [i] : []))
  const tokens = filled === undefined ? offsets : filled.map((i) => offsets[i]!)
  const placeOf = (token: number) => (filled === undefined ? token : filled[token]!)
  return mentions.map((mention) => {
    const first = firstEndingAfter(tokens, mention.start)
    let last = first
    while (last < tokens.length && tokens[last]!.start < mention.end) last++
    return last === first ? undefined : { start: placeOf(first), end: placeOf(last - 1) + 1 }
  })
}

const isFilled = ({ end, start }: Span): boolean => start < end

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

/** The index of the first span that ends after `offset`, by bisection. */
const firstEndingAfter = (spans: ReadonlyArray<Span>, offset: number): number => {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (spans[middle]!.end > offset) high = middle
    else low = middle + 1
  }
  return low
}
