import type { Span } from "@nuner/core"
import type { Vectors } from "./Vectors.ts"
import type { WordVectors } from "./wordVectors.ts"

/** A span of words of one of several sentences. */
export interface SentenceSpan extends Span {
  readonly sentence: number
}

/** The mean vector of each span's words, those that were kept: `[spans, width]`. A span without any is an error of the caller. */
export const spanVectors = ({ starts, values, width }: WordVectors, spans: ReadonlyArray<SentenceSpan>): Vectors => {
  const out = new Float32Array(spans.length * width)
  for (const [i, span] of spans.entries()) {
    const from = starts[span.sentence]! + span.start
    const to = Math.min(starts[span.sentence]! + span.end, starts[span.sentence + 1]!)
    if (to <= from) throw new RangeError(`spanVectors: span ${i} has no words`)
    for (let word = from; word < to; word++) {
      for (let j = 0; j < width; j++) out[i * width + j]! += values[word * width + j]! / (to - from)
    }
  }
  return { rows: spans.length, width, values: out }
}
