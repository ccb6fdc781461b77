import type { Span } from "@nuner/core"

/** A text as sub-tokens. */
export interface Encoding {
  /** `[tokens]` */
  readonly ids: Int32Array
  /** `[tokens]`: where each token stands in the text, in UTF-16 units, without surrounding white space. Special tokens are `[0, 0)`. */
  readonly offsets: ReadonlyArray<Span>
  /** `[tokens]`: 1 for the tokens that the tokenizer adds around a text (`<s>`, `</s>`, `[CLS]`, `[SEP]`). */
  readonly special: Uint8Array
}

/** A text as sub-tokens that know their words. */
export interface WordEncoding extends Encoding {
  /** The text that was encoded. */
  readonly text: string
  /** `[tokens]`: the word in which each token starts; -1 for special tokens and for tokens outside every word. */
  readonly wordOf: Int32Array
  /** `[words]`: the tokens that overlap each word, never none; `start` is its first sub-token. */
  readonly tokensOf: ReadonlyArray<Span>
}
