import { decodeOptions } from "@nuner/core"
import { type EncoderParts, hiddenStates, mergeWindows, poolWords, runWindows, type TokenBatch } from "@nuner/encoder"
import { sweeper } from "@nuner/engine"
import * as Schema from "effect/Schema"
import { batchTokensField, featureFields } from "./FeatureOptions.ts"
import type { WordFeatures } from "./selectSentences.ts"
import { encodeSequence, type WordSequence, wordsOf } from "./WordSequence.ts"

const Options = Schema.Struct({ ...featureFields, batchTokens: batchTokensField })

export type WordFeaturesOptions = Partial<(typeof Options)["Encoded"]> & {
  /** Stops between batches, with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: { readonly sentences: number; readonly of: number }) => void) | undefined
}

/** Of all calls: a few sentences alone are little. */
const release = sweeper()

/** Sentences that are tokenized, sorted by length and encoded together. */
const CHUNK = 512

/**
 * Vectors of all words of all sentences from the encoder as it is, dropout off: encode once, then fit any number of
 * probes. Sentences of similar length share a batch; one beyond the encoder's limit is read in overlapping windows,
 * each sub-token where its context is largest. Every word gets a vector, also one that the tokenizer leaves nothing of.
 *
 * @throws OptionError; the signal's reason
 */
export const wordFeatures = async (
  encoder: EncoderParts,
  sentences: ReadonlyArray<WordSequence>,
  { signal, onProgress, ...options }: WordFeaturesOptions = {}
): Promise<WordFeatures> => {
  const { layers, pooling, batchTokens } = decodeOptions("wordFeatures", Options, options)
  const starts = new Int32Array(sentences.length + 1)
  for (const [i, sentence] of sentences.entries()) starts[i + 1] = starts[i]! + wordsOf(sentence).length
  const width = encoder.config.hidden * layers.length
  const values = new Float32Array(starts.at(-1)! * width)
  const network = (batch: TokenBatch) => hiddenStates(encoder, batch, layers)
  for (let from = 0; from < sentences.length; from += CHUNK) {
    signal?.throwIfAborted()
    const chunk = sentences.slice(from, from + CHUNK)
    const encodings = await Promise.all(chunk.map((sentence) => encodeSequence(encoder.tokenizer, sentence)))
    const results = await runWindows(encoder, encodings, network, { batchTokens, signal })
    for (const [i, windows] of results.entries()) {
      const encoding = encodings[i]!
      poolWords(encoding.tokensOf, mergeWindows(encoding, windows), width, {
        first: pooling === "first",
        out: values.subarray(starts[from + i]! * width, starts[from + i + 1]! * width)
      })
    }
    // Of each token once as the network gave it, once as that of its text.
    release(8 * width * encodings.reduce((sum, { ids }) => sum + ids.length, 0))
    onProgress?.({ sentences: from + chunk.length, of: sentences.length })
  }
  return { values, starts, width }
}
