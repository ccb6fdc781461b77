import type { AlignedSentence, AnnotatedSentence } from "@nuner/core"
import type { AlignOptions } from "./AlignOptions.ts"
import type { AlignReport } from "./AlignReport.ts"
import { aligner } from "./aligner.ts"

/** Aligned sentences in the order of the input, one at a time, and the report on those that were taken so far. */
export interface Alignment extends AsyncIterable<AlignedSentence> {
  report(): AlignReport
}

/**
 * Aligns a corpus as it streams past, in constant memory. Breaking off closes the source.
 *
 * @throws OptionError at once, before anything is read
 */
export const alignAll = (
  sentences: Iterable<AnnotatedSentence> | AsyncIterable<AnnotatedSentence>,
  options: AlignOptions = {}
): Alignment => {
  const { align, report } = aligner(options)
  return {
    report,
    async *[Symbol.asyncIterator]() {
      for await (const sentence of sentences) yield align(sentence)
    }
  }
}
