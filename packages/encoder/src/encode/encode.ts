import { decodeOptions, type Span } from "@nuner/core"
import { tf } from "@nuner/engine"
import type { Encoder } from "../model/Encoder.ts"
import { forward } from "../model/forward.ts"
import type { Encoding } from "../tokenizer/Encoding.ts"
import { EncodeOptions } from "./EncodeOptions.ts"
import { mergeWindows, runWindows, type WindowResult } from "./runWindows.ts"

/** A text and its vectors. */
export interface EncodedText {
  readonly text: string
  /** `[tokens]`, special ones included. */
  readonly ids: Int32Array
  /** `[tokens]`: UTF-16 units of the text; special tokens are `[0, 0)`. */
  readonly offsets: ReadonlyArray<Span>
  /** `[tokens, width]`, or `[width]` when pooled. */
  readonly values: Float32Array
  /** Hidden size times the number of layers asked for. */
  readonly width: number
  /** How many windows the text took; 1 unless it is longer than the encoder's limit. */
  readonly windows: number
}

/**
 * Vectors of texts, as they come in and in their order; memory is a few hundred texts, whatever the corpus. Nothing is cut off: a text beyond the
 * encoder's limit is read in overlapping windows, and each token's vector comes from the window in which its context is largest.
 *
 * @param texts an array, or a stream of a corpus
 * @throws OptionError
 */
export async function* encode(
  encoder: Pick<Encoder, "config" | "parameters" | "tokenizer">,
  texts: Iterable<string> | AsyncIterable<string>,
  options: Partial<EncodeOptions> = {}
): AsyncGenerator<EncodedText> {
  const settings = decodeOptions("encode", EncodeOptions, options)
  let chunk: Array<string> = []
  for await (const text of texts) {
    chunk.push(text)
    if (chunk.length < settings.readAhead) continue
    yield* await encodeChunk(encoder, chunk, settings)
    chunk = []
  }
  yield* await encodeChunk(encoder, chunk, settings)
}

const encodeChunk = async (
  encoder: Pick<Encoder, "config" | "parameters" | "tokenizer">,
  texts: ReadonlyArray<string>,
  { layers, pooling, batchTokens, overlap }: EncodeOptions
): Promise<Array<EncodedText>> => {
  const encodings = await encoder.tokenizer.encodeBatch(texts)
  const network = (batch: Parameters<typeof forward>[1]) =>
    tf.tidy(() => tf.concat(forward(encoder, batch, { layers }), 2) as tf.Tensor3D)
  const results = await runWindows(encoder, encodings, network, {
    batchTokens,
    ...(overlap === undefined ? {} : { overlap })
  })
  return results.map((windows, index) => {
    const encoding = encodings[index]!
    const { width } = windows[0]!
    const values =
      pooling === "none"
        ? mergeWindows(encoding, windows)
        : pooling === "mean"
          ? poolMean(encoding, mergeWindows(encoding, windows), width)
          : poolFirst(windows)
    return { text: texts[index]!, ids: encoding.ids, offsets: encoding.offsets, values, width, windows: windows.length }
  })
}

/** Of an empty text, the vector of its first special token. */
const poolMean = ({ special }: Encoding, values: Float32Array, width: number): Float32Array => {
  const mean = new Float32Array(width)
  const count = special.reduce((sum, s) => sum + 1 - s, 0)
  if (count === 0) return values.slice(0, width)
  for (const [token, isSpecial] of special.entries()) {
    if (isSpecial) continue
    for (let i = 0; i < width; i++) mean[i]! += values[token * width + i]! / count
  }
  return mean
}

const poolFirst = (windows: ReadonlyArray<WindowResult>): Float32Array => {
  const { width, values } = windows[0]!
  if (windows.length === 1) return values.slice(0, width)
  const mean = new Float32Array(width)
  const total = windows.at(-1)!.window.own.end
  for (const { window, values } of windows) {
    const share = (window.own.end - window.own.start) / total
    for (let i = 0; i < width; i++) mean[i]! += share * values[i]!
  }
  return mean
}
