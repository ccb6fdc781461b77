import type { Span } from "@nuner/core"

/** A text's tokens as a library gives them. */
export interface LibraryEncoding {
  readonly ids: Int32Array
  /** In UTF-16 units of the text; of special tokens they mean nothing. */
  readonly offsets: ReadonlyArray<Span>
  /** 1 for a token that stands around every text. */
  readonly special: Uint8Array
}

/** What is asked of a library that runs a `tokenizer.json`. */
export interface TokenizerLibrary {
  encodeBatch(texts: ReadonlyArray<string>): Promise<Array<LibraryEncoding>>
  idOf(token: string): number | undefined
  tokenOf(id: number): string | undefined
}
