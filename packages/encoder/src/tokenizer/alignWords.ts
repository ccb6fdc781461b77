import { InputError, type Span } from "@nuner/core"
import type { Encoding, WordEncoding } from "./Encoding.ts"

/**
 * Gives each token its word and each word its tokens, by offsets. A word that left no token of its own (empty, or wholly
 * dropped by the tokenizer's normalizer) gets one unknown token at its place, so that every word can carry a prediction.
 * A token that spans two words belongs to the word it starts in and counts as a token of both.
 *
 * @param words in the order of the text, without overlap, in UTF-16 units
 * @param prefix number of special tokens before a text
 */
export const alignWords = (
  text: string,
  encoding: Encoding,
  words: ReadonlyArray<Span>,
  unknownId: number,
  prefix: number
): WordEncoding => {
  checkWords(text, words)
  const ids: Array<number> = []
  const offsets: Array<Span> = []
  const special: Array<number> = []
  const wordOf: Array<number> = []
  const tokensOf: Array<Span> = []
  const push = (id: number, offset: Span, isSpecial: number, word: number) => {
    ids.push(id)
    offsets.push(offset)
    special.push(isSpecial)
    wordOf.push(word)
  }
  const total = encoding.ids.length
  const suffix = total - encoding.special.subarray(prefix).reduce((sum, s) => sum + s, 0)
  const take = (token: number, word: number) => {
    push(encoding.ids[token]!, encoding.offsets[token]!, encoding.special[token]!, word)
  }
  let token = 0
  while (token < prefix) take(token++, -1)
  for (const [index, word] of words.entries()) {
    while (token < suffix && endsBefore(encoding.offsets[token]!, word)) take(token++, -1)
    // The previous word's last token may reach into this word.
    const previous = offsets.length - 1
    const shared = previous >= prefix && wordOf[previous] !== -1 && overlaps(offsets[previous]!, word)
    let start = offsets.length
    if (shared) {
      start = previous
      const span = offsets[previous]!
      while (start > prefix && offsets[start - 1]!.start === span.start && offsets[start - 1]!.end === span.end) start--
    }
    while (token < suffix && overlaps(encoding.offsets[token]!, word)) take(token++, index)
    if (start === offsets.length) push(unknownId, word, 0, index)
    tokensOf.push({ start, end: offsets.length })
  }
  while (token < total) take(token++, -1)
  return {
    text,
    ids: Int32Array.from(ids),
    offsets,
    special: Uint8Array.from(special),
    wordOf: Int32Array.from(wordOf),
    tokensOf
  }
}

const overlaps = (token: Span, word: Span): boolean =>
  token.start === token.end
    ? token.start > word.start && token.start < word.end
    : token.start < word.end && token.end > word.start

/** Whether a token stands wholly before a word; an empty token (white space) does when it is not inside. */
const endsBefore = (token: Span, word: Span): boolean => token.end <= word.start && !overlaps(token, word)

const checkWords = (text: string, words: ReadonlyArray<Span>): void => {
  let from = 0
  for (const [index, { start, end }] of words.entries()) {
    if (!(start >= from && end >= start && end <= text.length)) {
      throw new InputError({
        source: "words",
        field: `words[${index}]`,
        reason: `[${start}, ${end}) is outside the text (${text.length} UTF-16 units) or not after the word before it`
      })
    }
    from = end
  }
}
