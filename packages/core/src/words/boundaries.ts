import { words } from "./words.ts"

/** Whether a mention may begin or end at an offset of one text. */
export type Boundary = (at: number) => boolean

/**
 * Word boundaries of a text. The one definition in the house: every edge of `words(text)` is one.
 *
 * A *word character* is a letter, a number or connector punctuation (Unicode L, N, Pc). A position is a word boundary unless a word
 * character stands on both of its sides; between two of them, where `words` divides them (`do|n't`, `2.5|kg`, `서울|에서`). Marks and
 * characters without width (Mn, Mc, default ignorable: accents, soft hyphens, joiners, direction marks) belong to the character that they follow or
 * join, so they are looked through; the zero-width space separates. Scripts that are written without spaces have no visible boundaries,
 * and a dictionary does not know every name: next to their letters every edge of a character counts as one.
 *
 * So "US" is a word in "US-based", "US's" and "(US)", and not in "USB", "US2" or "US_ID"; "don" is a word in "don't".
 */
export const wordBoundaries = (text: string): Boundary => {
  const isCharacterEdge = graphemeBoundaries(text)
  let edges: Set<number> | undefined
  const dividesWords = (at: number): boolean => {
    edges ??= new Set(words(text).flatMap(({ start, end }) => [start, end]))
    return edges.has(at)
  }
  return (at) => {
    if (at <= 0 || at >= text.length) return true
    const left = text.charCodeAt(at - 1)
    const right = text.charCodeAt(at)
    if (left < 128 && right < 128) {
      if (asciiWord[left] === 0 || asciiWord[right] === 0) return !(left === CR && right === LF)
      return (isDigit(left) || (right | 32) === N) && dividesWords(at)
    }
    if (!isCharacterEdge(at)) return false
    const before = characterBefore(text, at)
    const after = characterAfter(text, at)
    if (!(wordCharacter.test(before) && wordCharacter.test(after))) return true
    return unspaced.test(before) || unspaced.test(after) || dividesWords(at)
  }
}

/** Where characters as people see them (extended grapheme clusters, UAX 29) begin and end: never inside a surrogate pair. */
export const graphemeBoundaries = (text: string): Boundary => {
  let segments: Intl.Segments | undefined
  return (at) => {
    if (at <= 0 || at >= text.length) return true
    const left = text.charCodeAt(at - 1)
    const right = text.charCodeAt(at)
    if (left < 128 && right < 128) return !(left === CR && right === LF)
    if (plain.test(text[at - 1]!) && plain.test(text[at]!)) return true
    segments ??= graphemes.segment(text)
    return segments.containing(at)?.index === at
  }
}

const CR = 13
const LF = 10
const N = 110
const isDigit = (code: number): boolean => code >= 48 && code <= 57
const asciiWord = Uint8Array.from({ length: 128 }, (_, code) => (/\w/.test(String.fromCharCode(code)) ? 1 : 0))
const wordCharacter = /^[\p{L}\p{N}\p{Pc}]$/u
const transparent = /^[[\p{Mn}\p{Mc}\p{Default_Ignorable_Code_Point}]--\u200b]$/v
const unspaced = /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]$/u
/** Characters that never join with each other, so that most questions need no segmenter. */
const plain = /^[\p{Lu}\p{Ll}\p{Lt}\p{Nd}\p{P}\p{Sc}\p{Sm}\p{Zs}]$/u
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" })

/** The nearest character to the left that is not looked through; "" at the start of the text. */
const characterBefore = (text: string, at: number): string => {
  for (let end = at; end > 0; ) {
    const start = end > 1 && isPair(text, end - 2) ? end - 2 : end - 1
    const character = text.slice(start, end)
    if (!transparent.test(character)) return character
    end = start
  }
  return ""
}

const characterAfter = (text: string, at: number): string => {
  for (let start = at; start < text.length; ) {
    const end = isPair(text, start) ? start + 2 : start + 1
    const character = text.slice(start, end)
    if (!transparent.test(character)) return character
    start = end
  }
  return ""
}

const isPair = (text: string, at: number): boolean => text.codePointAt(at)! > 0xffff
