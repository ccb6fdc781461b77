/** A span of words that may be an entity: `start` to `end`, both included, its type by number. */
export interface Candidate {
  readonly start: number
  readonly end: number
  readonly type: number
  readonly score: number
}

/** The probability that a logit stands for, in 32 bits: what is equal for the published code is equal here. */
const probability = (logit: number): number => Math.fround(1 / (1 + Math.exp(-logit)))

/**
 * The spans whose probability is above their type's threshold, in order of place.
 *
 * @param logits of one text, [at least `words`, width, types]
 * @param types the last axis: padded types beyond `thresholds` are not looked at
 */
export const spanCandidates = (
  logits: ArrayLike<number>,
  { types, width, words }: { readonly words: number; readonly width: number; readonly types: number },
  thresholds: ReadonlyArray<number>
): Array<Candidate> => {
  const found: Array<Candidate> = []
  for (let start = 0; start < words; start++) {
    for (let k = 0; k < width && start + k < words; k++) {
      const cell = (start * width + k) * types
      for (const [type, threshold] of thresholds.entries()) {
        const score = probability(logits[cell + type]!)
        if (score > threshold) found.push({ start, end: start + k, type, score })
      }
    }
  }
  return found
}

/**
 * The spans that start, end and go on with a probability above (inside: of at least) their type's threshold.
 *
 * @param logits of one text, [at least `words`, types, 3]: start, end, inside
 * @param scoring an entity's score: the least of all its probabilities, or, as published before March 2025, the mean of the inside ones
 */
export const tokenCandidates = (
  logits: ArrayLike<number>,
  { types, words }: { readonly words: number; readonly types: number },
  thresholds: ReadonlyArray<number>,
  scoring: "min" | "mean"
): Array<Candidate> => {
  const found: Array<Candidate> = []
  const p = (word: number, type: number, part: 0 | 1 | 2) => probability(logits[(word * types + type) * 3 + part]!)
  for (let start = 0; start < words; start++) {
    for (const [type, threshold] of thresholds.entries()) {
      const first = p(start, type, 0)
      if (!(first > threshold)) continue
      let least = first
      let sum = 0
      for (let end = start; end < words; end++) {
        const inside = p(end, type, 2)
        if (inside < threshold) break
        least = Math.min(least, inside)
        sum += inside
        const last = p(end, type, 1)
        if (!(last > threshold)) continue
        const score = scoring === "min" ? Math.min(least, last) : sum / (end - start + 1)
        found.push({ start, end, type, score })
      }
    }
  }
  return found
}
