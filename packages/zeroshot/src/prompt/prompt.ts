import type { Tokenizer } from "@nuner/encoder"

/** The ids of words, each tokenised by itself without special tokens, by word. */
export type WordPieces = ReadonlyMap<string, Int32Array>

export const wordPieces = async (tokenizer: Tokenizer, words: Iterable<string>): Promise<WordPieces> => {
  const distinct = [...new Set(words)]
  const encodings = await tokenizer.encodeBatch(distinct)
  const frame = tokenizer.prefix.length + tokenizer.suffix.length
  return new Map(
    distinct.map((word, i) => {
      const { ids } = encodings[i]!
      return [
        word,
        ids.length <= frame
          ? new Int32Array(0)
          : ids.slice(tokenizer.prefix.length, ids.length - tokenizer.suffix.length)
      ]
    })
  )
}

export interface PromptTokens {
  readonly tokenizer: Tokenizer
  /** Stands before each type; its vector is the type's. */
  readonly typeToken: string
  /** Stands between the types and the text; absent where no type stands before it. */
  readonly endToken?: string
}

/** What the encoder reads: types and text in one row, and where to find their vectors. */
export interface PromptRow {
  /** `[tokens]`, special tokens included. */
  readonly ids: Int32Array
  /** `[types]`: the place of each type's token; those that were cut off have none. */
  readonly typeAt: Int32Array
  /** `[words]`: the place of each word's first sub-token; -1: the word has none, and a vector of zeros. */
  readonly wordAt: Int32Array
}

/** What becomes of a word of which the tokenizer leaves nothing. */
export type EmptyWords = "unknown" | "shift"

/**
 * `[CLS] <<ENT>> type1 <<ENT>> type2 .. <<SEP>> w1 .. wW [SEP]`, types and words tokenised one by one.
 *
 * @param emptyWords `"unknown"`: it becomes the unknown token. `"shift"`, as published: it is passed over, and every later word gets the vector of
 * its successor
 * @param limit tokens of a row; what is beyond is cut off, as published (`-1` in `wordAt`)
 */
export const promptRow = (
  { endToken, tokenizer, typeToken }: PromptTokens,
  pieces: WordPieces,
  types: ReadonlyArray<string>,
  words: ReadonlyArray<string>,
  emptyWords: EmptyWords,
  limit = Number.POSITIVE_INFINITY
): PromptRow => {
  const ids: Array<number> = [...tokenizer.prefix]
  const firsts: Array<number> = []
  const push = (word: string): number => {
    const at = ids.length
    const own = pieces.get(word)!
    if (own.length > 0) for (const id of own) ids.push(id)
    else if (emptyWords === "unknown") ids.push(tokenizer.special.unknown.id)
    if (ids.length > at) firsts.push(at)
    return at
  }
  const typeAt = types.map((type) => {
    const at = push(typeToken)
    if (type !== "") push(type)
    return at
  })
  if (endToken !== undefined) push(endToken)
  const promptWords = types.length + types.filter((type) => type !== "").length + (endToken === undefined ? 0 : 1)
  for (const word of words) push(word)
  const { suffix } = tokenizer
  const end = Math.min(ids.length, limit - suffix.length)
  const wordAt = Int32Array.from(words, (_, word) => {
    const at = firsts[promptWords + word]
    return at === undefined || at >= end ? -1 : at
  })
  return {
    ids: Int32Array.of(...ids.slice(0, end), ...suffix),
    typeAt: Int32Array.from(typeAt).filter((at) => at < end),
    wordAt
  }
}

/** The tokens that types take in a row, with their marks. */
export const promptLength = (pieces: WordPieces, typeToken: string, type: string): number =>
  pieces.get(typeToken)!.length + Math.max(1, pieces.get(type)!.length)
