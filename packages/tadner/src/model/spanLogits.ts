import type { Span } from "@nuner/core"
import { type DropoutKey, dropout, linear, tf } from "@nuner/engine"
import type { LowerLayers } from "../network/LowerLayers.ts"
import { wordStates } from "../network/wordStates.ts"
import { type ReadingOptions, wordVectors } from "../network/wordVectors.ts"
import type { Row, Rows } from "../words/encodeRows.ts"
import { readSpans } from "../words/spanTags.ts"
import type { SpanDetector } from "./TadNerModel.ts"

export interface SpanLogitsOptions {
  /** Switches dropout on: the encoder's and the head's. */
  readonly dropout?: DropoutKey
  readonly lower?: LowerLayers | undefined
}

/** The detector's scores of each tag for every word of some rows: `[words, tags]`. */
export const spanLogits = (
  { bias, dropout: rate, encoder, kernel }: SpanDetector,
  rows: ReadonlyArray<Row>,
  { dropout: key, lower }: SpanLogitsOptions = {}
): tf.Tensor2D =>
  tf.tidy(() => {
    const words = wordStates(encoder, rows, { phi: "last", dropout: key, lower })
    const dropped = key === undefined ? words : dropout(words, rate, { ...key, site: `${key.site}/head` })
    return linear(dropped, kernel, bias)
  })

/** The spans that a detector finds in each sentence. */
export const findSpans = async (
  detector: SpanDetector,
  rows: Rows,
  { lower, ...reading }: ReadingOptions & { readonly lower?: LowerLayers | undefined }
): Promise<Array<Array<Span>>> => {
  const { starts, values, width } = await wordVectors(rows, reading, (batch) => spanLogits(detector, batch, { lower }))
  const best = (word: number): number => {
    const scores = values.subarray(word * width, (word + 1) * width)
    return scores.indexOf(scores.reduce((a, b) => Math.max(a, b)))
  }
  return rows.kept.map((count, sentence) =>
    readSpans(
      Array.from({ length: count }, (_, word) => best(starts[sentence]! + word)),
      detector.scheme
    )
  )
}
