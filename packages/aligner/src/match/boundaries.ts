/** Whether a mention may begin or end at an offset of one text. */
export type Boundary = (at: number) => boolean

/**
 * Word boundaries of a text. The one definition in the house.
 *
 * A *word character* is a letter, a number or connector punctuation (Unicode L, N, Pc). A position is a word boundary unless a word
 * character stands on both of its sides. Marks and format characters (Mn, Mc, Cf: accents, soft hyphens, joiners, direction marks) belong
 * to the character that they follow or join, so they are looked through; the zero-width space separates. Scripts that are written without
 * spaces have no visible boundaries: next to their letters every edge of a character counts as one.
 *
 * So "US" is a word in "US-based", "US's" and "(US)", and not in "USB", "US2" or "US_ID"; "don" is a word in "don't".
 */
export const wordBoundaries = (text: string): Boundary => {
  const isCharacterEdge = graphemeBoundaries(text)
  return (at) => {
    if (at <= 0 || at >= text.length) return true
    const left = text.charCodeAt(at - 1)
    const right = text.charCodeAt(at)
    if (left < 128 && right < 128) {
      return !(asciiWord[left] === 1 && asciiWord[right] === 1) && !(left === CR && right === LF)
    }
    if (!isCharacterEdge(at)) return false
    const before = characterBefore(text, at)
    const after = characterAfter(text, at)
    return !(wordCharacter.test(before) && wordCharacter.test(after)) || unspaced.test(before) || unspaced.test(after)
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
const asciiWord = Uint8Array.from({ length: 128 }, (_, code) => (/\w/.test(String.fromCharCode(code)) ? 1 : 0))
const wordCharacter = /^[\p{L}\p{N}\p{Pc}]$/u
const transparent = /^[[\p{Mn}\p{Mc}\p{Cf}]--\u200b]$/v
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
