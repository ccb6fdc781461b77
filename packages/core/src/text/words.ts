import type { Span } from "../schema/Span.ts"

/** A word and where it stands: `text.slice(start, end) === word`, in UTF-16 units. */
export interface Word extends Span {
  readonly word: string
}

/**
 * One alternative a kind of word, the first that matches wins:
 * numbers with separators (1,000.50), abbreviations (U.S.), the two halves of a negation (do n't), clitics ('s 're), runs of
 * letters, marks and digits, emoji with their modifiers, and any other character by itself, with the marks on it.
 */
const letter = "[\\p{L}\\p{M}\\p{N}_\\u200c\\u200d]"
const pattern = new RegExp(
  [
    `\\p{N}+(?:[.,]\\p{N}+)+`,
    `(?:\\p{L}\\.){2,}`,
    `\\p{L}+(?=n['’]t(?!${letter}))`,
    `n['’]t(?!${letter})`,
    `['’](?:s|m|d|ll|re|ve)(?!${letter})`,
    `(?!\\p{M})${letter}${letter}*`,
    `\\p{RI}\\p{RI}`,
    `\\p{Extended_Pictographic}(?:\\p{EMod}|\\ufe0f|\\p{M}|\\u200d\\p{Extended_Pictographic})*`,
    `\\S\\p{M}*`
  ].join("|"),
  "giu"
)

/**
 * The words of a text, by a rule of our own that needs no model: finer than white space and as fine as the tokens of NER
 * datasets (`McCallum’s` is `McCallum` + `’s`, `high-rise` is `high` + `-` + `rise`), so that an entity rarely cuts a word.
 * Nothing but white space lies between words. The rule serves scripts that write spaces; a run of Han is one word.
 */
export const words = (text: string): Array<Word> =>
  Array.from(text.matchAll(pattern), ({ 0: word, index }) => ({ word, start: index, end: index + word.length }))
