import { createHash } from "node:crypto"
import type { LabelledSentence } from "@nuner/core"

/**
 * SHA-256 (hexadecimal) of what a dataset says: a line of JSON `[words, [[start, end, type], ...]]` a sentence, in order, entities sorted by
 * start, end and type. The same for the same sentences read from any format; ids, texts and offsets do not count.
 */
export const datasetHash = (sentences: ReadonlyArray<LabelledSentence>): string => {
  const hash = createHash("sha256")
  for (let from = 0; from < sentences.length; from += batch) {
    hash.update(
      sentences
        .slice(from, from + batch)
        .map(line)
        .join("")
    )
  }
  return hash.digest("hex")
}

/** Sentences hashed at once: fewer, longer updates are faster. */
const batch = 1000

const line = ({ words, entities }: LabelledSentence): string => {
  const sorted = entities.map(({ start, end, type }) => [start, end, type] as const).sort(inOrder)
  return `${JSON.stringify([words, sorted])}\n`
}

type Triple = readonly [start: number, end: number, type: string]
const inOrder = (a: Triple, b: Triple): number => a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : 0)
