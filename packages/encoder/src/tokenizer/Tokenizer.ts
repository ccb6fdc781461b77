import { InputError, messageOf, type Span } from "@nuner/core"
import { openLibrary } from "#tokenizer-library"
import { alignWords } from "./alignWords.ts"
import type { Encoding, WordEncoding } from "./Encoding.ts"
import { findSpecialTokens, type SpecialTokens } from "./SpecialTokens.ts"
import type { LibraryEncoding, TokenizerLibrary } from "./TokenizerLibrary.ts"
import { checkTokenizerJson } from "./tokenizerJson.ts"

/**
 * A Hugging Face tokenizer (the `tokenizers` library over a `tokenizer.json`; in a browser `@huggingface/tokenizers`). Never truncates and never pads: those
 * settings of the file are dropped.
 */
export class Tokenizer {
  /** The content of `tokenizer.json`. */
  readonly json: string
  readonly special: SpecialTokens
  /** Ids are in `0..vocabSize-1`. */
  readonly vocabSize: number
  /** Ids that stand before and after every text. */
  readonly prefix: Int32Array
  readonly suffix: Int32Array
  readonly #library: TokenizerLibrary

  private constructor(
    json: string,
    library: TokenizerLibrary,
    special: SpecialTokens,
    vocabSize: number,
    frame: Encoding
  ) {
    this.json = json
    this.#library = library
    this.special = special
    this.vocabSize = vocabSize
    let prefix = 0
    while (frame.special[prefix] === 1) prefix++
    let suffix = frame.ids.length
    while (suffix > prefix && frame.special[suffix - 1] === 1) suffix--
    this.prefix = frame.ids.slice(0, prefix)
    this.suffix = frame.ids.slice(suffix)
  }

  /**
   * @param json the content of a `tokenizer.json`
   * @param source its name, for errors
   * @throws InputError
   */
  static async fromJson(json: string, source = "tokenizer.json"): Promise<Tokenizer> {
    const checked = checkTokenizerJson(json, source)
    try {
      const library = openLibrary(checked.json)
      const [frame] = await library.encodeBatch(["a"])
      const framing = (at: number) => (frame!.special.at(at) === 1 ? library.tokenOf(frame!.ids.at(at)!) : undefined)
      const known = { first: framing(0), last: framing(-1), unknown: checked.unknown }
      const special = findSpecialTokens((token) => library.idOf(token), known, source)
      return new Tokenizer(checked.json, library, special, checked.vocabSize, toEncoding("a", frame!))
    } catch (cause) {
      if (cause instanceof InputError) throw cause
      const reason = messageOf(cause)
      throw new InputError({ source, reason: `not a usable tokenizer: ${reason.split("\n")[0]}` })
    }
  }

  async encode(text: string): Promise<Encoding> {
    const [encoding] = await this.encodeBatch([text])
    return encoding!
  }

  /** As `encode`, for many texts at once (parallel in the library). */
  async encodeBatch(texts: ReadonlyArray<string>): Promise<Array<Encoding>> {
    if (texts.length === 0) return []
    const encodings = await this.#library.encodeBatch(texts)
    return encodings.map((encoding, index) => toEncoding(texts[index]!, encoding))
  }

  /** Words joined by single spaces, as running text: the first word has no space before it. An empty word becomes the unknown token. */
  async encodeWords(words: ReadonlyArray<string>): Promise<WordEncoding> {
    const joined = joinWords(words)
    return this.encodeTextWords(joined.text, joined.offsets)
  }

  async encodeWordsBatch(sentences: ReadonlyArray<ReadonlyArray<string>>): Promise<Array<WordEncoding>> {
    const joined = sentences.map(joinWords)
    const encodings = await this.encodeBatch(joined.map(({ text }) => text))
    return encodings.map((encoding, index) => this.#align(joined[index]!.text, encoding, joined[index]!.offsets))
  }

  /**
   * A text whose words are known by their UTF-16 offsets.
   *
   * @throws InputError for a word outside the text or before its predecessor
   */
  async encodeTextWords(text: string, words: ReadonlyArray<Span>): Promise<WordEncoding> {
    return this.#align(text, await this.encode(text), words)
  }

  /** As `encodeTextWords`, for many texts at once. */
  async encodeTextWordsBatch(
    texts: ReadonlyArray<string>,
    words: ReadonlyArray<ReadonlyArray<Span>>
  ): Promise<Array<WordEncoding>> {
    const encodings = await this.encodeBatch(texts)
    return encodings.map((encoding, index) => this.#align(texts[index]!, encoding, words[index]!))
  }

  /** The tokens' own strings, as the vocabulary has them ("Ġworld", "##ing"). */
  tokens(ids: ArrayLike<number>): Array<string> {
    return Array.from(ids, (id) => this.#library.tokenOf(id) ?? this.special.unknown.token)
  }

  #align(text: string, encoding: Encoding, words: ReadonlyArray<Span>): WordEncoding {
    return alignWords(text, encoding, words, this.special.unknown.id, this.prefix.length)
  }
}

/** Words as one text; an empty or white word takes no room in it. */
export const joinWords = (words: ReadonlyArray<string>): { text: string; offsets: Array<Span> } => {
  let text = ""
  const offsets = words.map((word): Span => {
    if (word.trim() === "") return { start: text.length, end: text.length }
    if (text !== "") text += " "
    const start = text.length
    text += word
    return { start, end: text.length }
  })
  return { text, offsets }
}

const toEncoding = (text: string, { ids, offsets, special }: LibraryEncoding): Encoding => ({
  ids,
  special,
  offsets: offsets.map(({ start, end }, token): Span => {
    if (special[token] === 1) return { start: 0, end: 0 }
    while (start < end && isSpace(text.charCodeAt(start))) start++
    while (end > start && isSpace(text.charCodeAt(end - 1))) end--
    return { start, end }
  })
})

const isSpace = (unit: number): boolean => unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) || unit === 0xa0
