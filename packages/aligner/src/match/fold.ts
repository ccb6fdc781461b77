import { graphemeBoundaries } from "@nuner/core"

/** A text without the differences that LLMs introduce when they copy, and the way back to it. */
export interface Folded {
  readonly folded: string
  /** The offset in the text of what begins at this offset of `folded`; -1 where that is inside of what one character became. */
  startOf(at: number): number
  /** The offset in the text of what ends at this offset of `folded`; -1 as above. */
  endOf(at: number): number
}

/**
 * Folds character by character (extended grapheme clusters):
 * - NFC, then full case folding, where the Turkic i's (İ, ı) are i, and ligatures (ﬁ) their letters;
 * - every quotation mark and apostrophe becomes ' or ", every hyphen, dash and minus -;
 * - a run of white space (NBSP included) becomes one space;
 * - what has no width (soft hyphen, joiners, zero-width space, direction marks, variation selectors) goes.
 */
export const foldText = (text: string): Folded => {
  if (simpleEnd(text, 0) === text.length) return { folded: text.toLowerCase(), startOf: identity, endOf: identity }
  const isEdge = graphemeBoundaries(text)
  const starts: Array<number> = []
  const ends: Array<number> = [-1]
  let folded = ""
  for (let from = 0; from < text.length; ) {
    let to = simpleEnd(text, from)
    if (to > from && !(text[from] === " " && folded.endsWith(" "))) {
      folded += text.slice(from, to).toLowerCase()
      for (; from < to; from++) {
        starts.push(from)
        ends.push(from + 1)
      }
      continue
    }
    to = from + 1
    while (!isEdge(to)) to++
    const character = foldCharacter(text.slice(from, to))
    if (character === " " && folded.endsWith(" ")) {
      ends[folded.length] = to
    } else if (character !== "") {
      for (let i = 0; i < character.length; i++) {
        starts.push(i === 0 ? from : -1)
        ends.push(i === character.length - 1 ? to : -1)
      }
      folded += character
    }
    from = to
  }
  starts.push(-1)
  return { folded, startOf: (at) => starts[at]!, endOf: (at) => ends[at]! }
}

const identity = (at: number): number => at

/** Where the stretch ends in which folding is lower case and nothing else: printable ASCII without doubled spaces. */
const simpleEnd = (text: string, from: number): number => {
  awkward.lastIndex = from
  if (!awkward.test(text)) return text.length
  const behind = awkward.lastIndex
  const end = text.charCodeAt(behind - 1) === SPACE ? behind - 2 : behind - 1
  // What follows may be a mark on the last character.
  return end > from && text.charCodeAt(end) > 127 ? end - 1 : end
}
const awkward = /[^ !-_a-~]| {2}/g
const SPACE = 32

const foldCharacter = (character: string): string =>
  character
    .replace(invisible, "")
    .normalize("NFC")
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replace("i\u0307", "i")
    .normalize("NFC")
    .replace(space, " ")
    .replace(singleQuote, "'")
    .replace(doubleQuote, '"')
    .replace(dash, "-")

/** Without the tag characters that tell flags of regions apart. */
const invisible = /[\p{Default_Ignorable_Code_Point}--[\u{e0020}-\u{e007f}]]/gv
const space = /\p{White_Space}+/gu
const singleQuote = /[‘’‚‛‹›′´`ʹʻʼʽ＇]/gu
const doubleQuote = /[“”„‟«»″＂〝〞〟]/gu
const dash = /[\p{Pd}−⁃]/gu
