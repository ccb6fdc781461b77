import type { LabelledSentence } from "@nuner/core"
import { type EncoderConfig, maxTokens, type Tokenizer, tokenWindows } from "@nuner/encoder"

/** A sentence, or a window of a long one, ready for an encoder. */
export interface Row {
  /** Which of the encoded sentences it is of. */
  readonly sentence: number
  /** `[tokens]`, special tokens included. */
  readonly ids: Int32Array
  /** `[words]`: the words whose vectors are taken from this row. */
  readonly words: Int32Array
  /** `[words]`: where the first sub-token of each stands in `ids`. */
  readonly firsts: Int32Array
}

/** Sentences as rows; each word that was kept is in exactly one row, rows and words in order. */
export interface Rows {
  readonly rows: ReadonlyArray<Row>
  /** Words of each sentence. */
  readonly lengths: ReadonlyArray<number>
  /** Words of each sentence that are in a row: fewer than its length where it was truncated. */
  readonly kept: ReadonlyArray<number>
  /** Sentences that took several windows. */
  readonly windowed: number
}

export interface RowOptions {
  /** The most sub-tokens of a row, special ones included. */
  readonly maxTokens: number
  /** What becomes of a longer sentence: cut off, or read in overlapping windows. */
  readonly long: "truncate" | "windows"
}

/**
 * Tokenizes sentences word by word (each word is followed by its own sub-tokens only; the first one stands for it; an empty word is
 * the unknown token). A sentence with running text is tokenized as such, its words found by their offsets.
 */
export const encodeRows = async (
  sentences: ReadonlyArray<Pick<LabelledSentence, "words" | "text" | "offsets">>,
  { config, tokenizer }: { readonly config: EncoderConfig; readonly tokenizer: Tokenizer },
  { long, maxTokens: asked }: RowOptions
): Promise<Rows> => {
  const { prefix, suffix } = tokenizer
  const limit = Math.min(asked, maxTokens(config))
  const rows: Array<Row> = []
  const kept: Array<number> = []
  let windowed = 0
  for (const [sentence, { words, text, offsets }] of sentences.entries()) {
    const encoding =
      text === undefined || offsets === undefined
        ? await tokenizer.encodeWords(words)
        : await tokenizer.encodeTextWords(text, offsets)
    const { tokensOf } = encoding
    const cut = long === "truncate" && encoding.ids.length > limit
    const whole = cut ? Int32Array.of(...encoding.ids.subarray(0, limit - suffix.length), ...suffix) : encoding.ids
    const windows = tokenWindows(whole, tokenizer, limit)
    if (windows.length > 1) windowed++
    let count = 0
    for (const { ids, own, start } of windows) {
      const mine = Array.from(tokensOf.keys()).filter((word) => {
        const first = tokensOf[word]!.start - prefix.length
        return first >= own.start && first < own.end
      })
      if (mine.length === 0) continue
      count += mine.length
      rows.push({
        sentence,
        ids,
        words: Int32Array.from(mine),
        firsts: Int32Array.from(mine, (word) => tokensOf[word]!.start - start)
      })
    }
    kept.push(count)
  }
  return { rows, lengths: sentences.map(({ words }) => words.length), kept, windowed }
}
