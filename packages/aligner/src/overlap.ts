import type { Mention } from "@nuner/core"

/**
 * The mentions that stay under a policy of `AlignOptions`, in the order of the input.
 *
 * @param mentions sorted by start, no two equal
 * @param annotated the index of the annotation that a mention comes from, the first of several
 */
export const resolveOverlap = (
  mentions: ReadonlyArray<Mention>,
  overlap: "longest" | "drop",
  annotated: (mention: Mention) => number
): Array<Mention> => {
  if (overlap === "drop") {
    let reached = 0
    return mentions.filter(({ start, end }, i) => {
      const next = mentions[i + 1]
      const free = start >= reached && (next === undefined || next.start >= end)
      reached = Math.max(reached, end)
      return free
    })
  }
  const chosen = new Set<Mention>()
  const ranked = mentions.toSorted((a, b) => length(b) - length(a) || a.start - b.start || annotated(a) - annotated(b))
  for (const mention of ranked) {
    let free = true
    for (const { start, end } of chosen) free &&= mention.end <= start || end <= mention.start
    if (free) chosen.add(mention)
  }
  return mentions.filter((mention) => chosen.has(mention))
}

const length = ({ start, end }: Mention): number => end - start
