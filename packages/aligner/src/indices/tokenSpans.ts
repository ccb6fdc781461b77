import type { Span } from "@nuner/core"

/**
 * Where mentions are in a list of sub-tokens: for each, the half-open interval of the sub-tokens that share a character with it, so that
 * every sub-token of a labelled word carries the label. Several sub-tokens of one character (byte-level BPE) go together.
 *
 * @param mentions in UTF-16 units of the text, in any order; they may overlap
 * @param offsets of each sub-token, in UTF-16 units, in the order of the text; special tokens and padding have empty spans anywhere
 * @returns `undefined` for a mention that no sub-token covers, for example behind the end of a cut sequence
 */
export const tokenSpans = (mentions: ReadonlyArray<Span>, offsets: ReadonlyArray<Span>): Array<Span | undefined> => {
  const filled = offsets.flatMap((token, i) => (token.start < token.end ? [i] : []))
  return mentions.map((mention) => {
    let low = 0
    let high = filled.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (offsets[filled[middle]!]!.end <= mention.start) low = middle + 1
      else high = middle
    }
    let last = low
    while (last < filled.length && offsets[filled[last]!]!.start < mention.end) last++
    return last === low ? undefined : { start: filled[low]!, end: filled[last - 1]! + 1 }
  })
}
