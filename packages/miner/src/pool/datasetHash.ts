import { createHash } from "node:crypto"
import type { LabelledSentence } from "@nuner/core"

/**
 * SHA-256 (hexadecimal) of what a dataset says: a line of JSON `[words, [[start, end, type], ...]]` a sentence, in order, entities sorted by
 * start, end and type. The same for the same sentences read from any format; ids, texts and offsets do not count.
 */
export const datasetHash = (sentences: ReadonlyArray<LabelledSentence>): string => {
  const hash = createHash("sha256")
  for (const { words, entities } of sentences) {
    const sorted = entities
      .map(({ start, end, type }) => [start, end, type] as const)
      .sort((a, b) => a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : 0))
    hash.update(`${JSON.stringify([words, sorted])}\n`)
  }
  return hash.digest("hex")
}
