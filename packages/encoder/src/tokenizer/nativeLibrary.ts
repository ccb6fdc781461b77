import { Tokenizer as Native, type Encoding as NativeEncoding } from "tokenizers"
import type { LibraryEncoding, TokenizerLibrary } from "./TokenizerLibrary.ts"
import { toUtf16 } from "./utf16.ts"

/** Hugging Face's own library, with a native part: Bun, Node. */
export const openLibrary = (json: string): TokenizerLibrary => {
  const native = Native.fromString(json)
  return {
    encodeBatch: async (texts) => {
      // One text is not worth the way to the library's threads.
      const encodings = texts.length === 1 ? [await native.encode(texts[0]!)] : await native.encodeBatch(texts.slice())
      return encodings.map((encoding, index) => toLibraryEncoding(texts[index]!, encoding))
    },
    idOf: (token) => native.tokenToId(token) ?? undefined,
    tokenOf: (id) => native.idToToken(id) ?? undefined
  }
}

/** The library counts code points. */
const toLibraryEncoding = (text: string, native: NativeEncoding): LibraryEncoding => {
  const convert = toUtf16(text)
  return {
    ids: Int32Array.from(native.getIds()),
    offsets: native.getOffsets().map(([from, to]) => ({ start: convert(from!), end: convert(to!) })),
    special: Uint8Array.from(native.getSpecialTokensMask())
  }
}
