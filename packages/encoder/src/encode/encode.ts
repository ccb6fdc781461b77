import { checkTexts, decodeOptions, type LabelledSentence, type Sentence, type Span, words } from "@nuner/core"
import { stretches, sweeper } from "@nuner/engine"
import { hiddenStates } from "../inference/hiddenStates.ts"
import type { EncoderParts } from "../model/Encoder.ts"
import type { TokenBatch } from "../model/TokenBatch.ts"
import type { Encoding, WordEncoding } from "../tokenizer/Encoding.ts"
import { joinWords } from "../tokenizer/Tokenizer.ts"
import { EncodeOptions } from "./EncodeOptions.ts"
import { poolFirst, poolMean, poolWords } from "./poolVectors.ts"
import { mergeWindows, runWindows } from "./runWindows.ts"

/** A text and its vectors. */
export interface EncodedText {
  /** Of a sentence that has one. */
  readonly id?: string
  readonly text: string
  /** `[tokens]`, special ones included. */
  readonly ids: Int32Array
  /** `[tokens]`, or `[words]` where words are pooled: UTF-16 units of the text; special tokens are `[0, 0)`. */
  readonly offsets: ReadonlyArray<Span>
  /** `[tokens, width]`; by pooling `[words, width]` or `[width]`. */
  readonly values: Float32Array
  /** Hidden size times the number of layers asked for. */
  readonly width: number
  readonly pooling: EncodeOptions["pooling"]
  /** How many windows the text took; 1 unless it is longer than the encoder's limit. */
  readonly windows: number
}

/** A text, one that brings its id, or one whose words are known: with pooling "word" its vectors are theirs. */
export type TextInput =
  | string
  | Sentence
  | ({ readonly [K in "words" | "text" | "offsets"]?: LabelledSentence[K] | undefined } & Pick<
      LabelledSentence,
      "words"
    >)

/**
 * Vectors of texts, as they come in and in their order; memory is a few hundred texts, whatever the corpus. Nothing is cut off: a text beyond the
 * encoder's limit is read in overlapping windows, and each token's vector comes from the window in which its context is largest.
 *
 * @param texts an array, or a stream of a corpus; sentences keep their ids
 * @param options `signal` ends it between batches, with the signal's reason
 * @throws OptionError, also for a single text outside of a list; the signal's reason
 */
export async function* encode(
  encoder: EncoderParts,
  texts: Iterable<TextInput> | AsyncIterable<TextInput>,
  { signal, ...options }: Partial<EncodeOptions> & { readonly signal?: AbortSignal | undefined } = {}
): AsyncGenerator<EncodedText> {
  checkTexts("encode", texts)
  const settings = decodeOptions("encode", EncodeOptions, options)
  const release = sweeper()
  for await (const chunk of stretches(texts, (input) => placed(input).text.length, { count: settings.readAhead })) {
    let values = 0
    for (const encoded of await encodeChunk(encoder, chunk, settings, signal)) {
      values += encoded.ids.length * encoded.width
      yield encoded
    }
    // Of each number once as the network gave it, once as it was handed out.
    release(8 * values)
  }
}

/** Words without a place in a running text are joined by single spaces. */
const placed = (input: TextInput): { readonly text: string; readonly offsets?: ReadonlyArray<Span> | undefined } => {
  if (typeof input === "string") return { text: input }
  if (!("words" in input)) return input
  const { offsets, text, words } = input
  return text === undefined || offsets === undefined ? joinWords(words) : { text, offsets }
}

const encodeChunk = async (
  encoder: EncoderParts,
  inputs: ReadonlyArray<TextInput>,
  { layers, pooling, batchTokens, overlap }: EncodeOptions,
  signal: AbortSignal | undefined
): Promise<Array<EncodedText>> => {
  const places = inputs.map(placed)
  const texts = places.map(({ text }) => text)
  const spans = pooling === "word" ? places.map(({ offsets, text }) => offsets ?? words(text)) : []
  const encodings: Array<Encoding | WordEncoding> =
    pooling === "word"
      ? await encoder.tokenizer.encodeTextWordsBatch(texts, spans)
      : await encoder.tokenizer.encodeBatch(texts)
  const network = (batch: TokenBatch) => hiddenStates(encoder, batch, layers)
  const results = await runWindows(encoder, encodings, network, {
    batchTokens,
    signal,
    ...(overlap === undefined ? {} : { overlap })
  })
  return results.map((windows, index) => {
    const [input, encoding] = [inputs[index]!, encodings[index]!]
    const { width } = windows[0]!
    const values = () => mergeWindows(encoding, windows)
    return {
      ...(typeof input === "object" && "id" in input && { id: input.id }),
      text: texts[index]!,
      ids: encoding.ids,
      offsets: pooling === "word" ? spans[index]!.map(({ start, end }) => ({ start, end })) : encoding.offsets,
      values:
        pooling === "first"
          ? poolFirst(windows)
          : pooling === "mean"
            ? poolMean(encoding, values(), width)
            : "tokensOf" in encoding
              ? poolWords(encoding.tokensOf, values(), width)
              : values(),
      width,
      pooling,
      windows: windows.length
    }
  })
}
