import { type Word, words } from "@nuner/core"

/**
 * How a text is divided into words. A model's numbers hold for the rule that it was trained with, so its directory names it.
 * `published` is that of GLiNER and NuNER Zero: Python's `\w+(?:[-_]\w+)*|\S`; `ours` is `words` of @nuner/core.
 */
export type WordRule = keyof typeof wordRules

/**
 * Python's `\w` is letters, numbers and the underscore, without marks; its `\S` sees U+001C..001F and U+0085 as white space, which JavaScript
 * does not, and U+FEFF as a character.
 */
const published = new RegExp(
  [`[\\p{L}\\p{N}_]+(?:[\\-_][\\p{L}\\p{N}_]+)*`, `[[\\S\\ufeff]--[\\x1c-\\x1f\\x85]]`].join("|"),
  "gv"
)

const publishedWords = (text: string): Array<Word> =>
  Array.from(text.matchAll(published), ({ 0: word, index }) => ({ word, start: index, end: index + word.length }))

/** Two ways to split a text into words: as the published models were trained, and ours. A model is stored with the name of its own. */
export const wordRules = { published: publishedWords, ours: words } as const
