import type { Span } from "@nuner/core"

/** A concept over sub-tokens `[start, end)` of a sentence. */
export interface TokenLabel extends Span {
  readonly concept: string
}

export interface TokenLabels<Mention> {
  readonly labels: Array<TokenLabel>
  /** Mentions that no sub-token overlaps, for example because the sequence was cut before them. */
  readonly lost: Array<Mention>
}

/**
 * Mentions over the sub-tokens of their sentence: every sub-token that shares a character with a mention carries its concept
 * (spec: "every sub-token of a labelled word carries the label"). Mentions may overlap.
 *
 * @param offsets of each sub-token in the text, in UTF-16 units, in the order of the text; special tokens and padding are empty
 */
export const tokenLabels = <Mention extends TokenLabel>(
  mentions: ReadonlyArray<Mention>,
  offsets: ReadonlyArray<Span>
): TokenLabels<Mention> => {
  const labels: Array<TokenLabel> = []
  const lost: Array<Mention> = []
  for (const mention of mentions) {
    let start = -1
    let end = -1
    for (let i = 0; i < offsets.length; i++) {
      const token = offsets[i]!
      if (token.start >= token.end || token.end <= mention.start) continue
      if (token.start >= mention.end) break
      if (start < 0) start = i
      end = i + 1
    }
    if (start < 0) lost.push(mention)
    else labels.push({ start, end, concept: mention.concept })
  }
  return { labels, lost }
}
