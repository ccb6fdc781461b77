import type { LabelledSentence } from "@nuner/core"
import type { Tokenizer, WordEncoding } from "@nuner/encoder"

/** Words in order, or words that know where they stand in a running text. A `LabelledSentence` is one. */
export type WordSequence = ReadonlyArray<string> | Pick<LabelledSentence, "words" | "text" | "offsets">

const isList = (sequence: WordSequence): sequence is ReadonlyArray<string> => Array.isArray(sequence)

export const wordsOf = (sequence: WordSequence): ReadonlyArray<string> => (isList(sequence) ? sequence : sequence.words)

/** Sub-tokens of the running text where there is one, else of the words joined by single spaces. */
export const encodeSequence = (tokenizer: Tokenizer, sequence: WordSequence): Promise<WordEncoding> =>
  isList(sequence) || sequence.text === undefined || sequence.offsets === undefined
    ? tokenizer.encodeWords(wordsOf(sequence))
    : tokenizer.encodeTextWords(sequence.text, sequence.offsets)
