import { type EncodeOptions, type EncoderParts, encode } from "@nuner/encoder"
import type { WordSequence } from "../ZeroShotModel.ts"
import type { Calibration } from "./settings.ts"

/** The words of a sentence as the text encoder sees them. */
export interface WordVectors {
  /** `[words, hidden]`: the mean of each word's sub-tokens. */
  readonly values: Float32Array
  readonly words: number
  /** How many windows the sentence was read in. */
  readonly windows: number
}

/** Sentences one by one, in their order; what they are asked for later plays no part. */
export async function* wordVectors(
  encoder: EncoderParts,
  sentences: Iterable<WordSequence>,
  options: Partial<Pick<EncodeOptions, "batchTokens">> & { readonly signal?: AbortSignal | undefined } = {}
): AsyncGenerator<WordVectors> {
  for await (const { offsets, values, windows } of encode(encoder, sentences, { ...options, pooling: "word" })) {
    yield { values, words: offsets.length, windows }
  }
}

/** What speaks for each word being of one entity with the word before it, in logits, never against `[words]`; the first is 0. */
export const jointsOf = ({ values, words }: WordVectors, { bias, weights }: Calibration["joint"]): Float32Array => {
  const width = weights.length
  const joints = new Float32Array(words)
  for (let word = 1; word < words; word++) {
    const logit = distances(values, word, width).reduce((sum, distance, i) => sum + weights[i]! * distance, bias)
    joints[word] = Math.max(0, (logit + 1) / 2)
  }
  return joints
}

/** |h - h'| of a word and the one before it `[width]`: what a joint is told by. */
export const distances = (values: Float32Array, word: number, width: number): Float32Array =>
  values.subarray(word * width, (word + 1) * width).map((value, i) => Math.abs(value - values[(word - 1) * width + i]!))
