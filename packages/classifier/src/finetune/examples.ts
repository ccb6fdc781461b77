import type { LabelledSentence } from "@nuner/core"
import { type EncoderConfig, maxTokens, type Tokenizer, tokenWindows } from "@nuner/encoder"
import { encodeSequence } from "../features/WordSequence.ts"
import { type ClassScheme, labelsOf } from "../labels/classes.ts"

/** A sentence, or a window of a long one, ready for the encoder. */
export interface Example {
  /** Special tokens included. */
  readonly ids: Int32Array
  /** The sub-tokens of each word in `ids`, those of the window only. */
  readonly words: ReadonlyArray<{ readonly start: number; readonly end: number }>
  /** The class number of each word. */
  readonly labels: Int32Array
}

/**
 * Training examples of labelled sentences. A sentence beyond the encoder's limit becomes several windows; each word is
 * learned in the one where its first sub-token has the most context. Sentences without a word to learn from give none.
 */
export const toExamples = async (
  sentences: ReadonlyArray<LabelledSentence>,
  { config, tokenizer }: { readonly config: EncoderConfig; readonly tokenizer: Tokenizer },
  classes: ReadonlyArray<string>,
  scheme: ClassScheme
): Promise<Array<Example>> => {
  const before = tokenizer.prefix.length
  const examples: Array<Example> = []
  for (const sentence of sentences) {
    const labels = labelsOf([sentence], classes, scheme)
    const ignored = new Set(sentence.ignored)
    const encoding = await encodeSequence(tokenizer, sentence)
    const { tokensOf } = encoding
    for (const { end, ids, own, start } of tokenWindows(encoding.ids, tokenizer, maxTokens(config))) {
      const mine = Array.from(tokensOf, (_, word) => word).filter((word) => {
        const first = tokensOf[word]!.start - before
        return !ignored.has(word) && first >= own.start && first < own.end
      })
      if (mine.length === 0) continue
      examples.push({
        ids,
        words: mine.map((word) => {
          const tokens = tokensOf[word]!
          return { start: tokens.start - start, end: Math.min(tokens.end, end + before) - start }
        }),
        labels: Int32Array.from(mine, (word) => labels[word]!)
      })
    }
  }
  return examples
}
