import { PythonScanner } from "./PythonScanner.ts"

/**
 * Reads what Python writes for a list of strings, `['a', "it's", 'b\n']`, by its grammar; nothing is evaluated.
 *
 * Understood: single and double quotes, every escape but `\N{name}` (`\' \" \\ \a \b \f \n \r \t \v`, up to three octal digits, `\xNN`, `\uNNNN`,
 * `\UNNNNNNNN`, a backslash before a line break; before any other character it stands for itself), white space, a comma at the end.
 * Refused: anything but strings, prefixes (`r'' b'' f''`), triple quotes, adjacent strings without a comma, comments, lines
 * joined by a backslash between strings.
 *
 * @throws PythonListError
 */
export const parsePythonList = (source: string): Array<string> => {
  const scanner = new PythonScanner(source)
  if (!scanner.take("[")) scanner.fail("no opening [")
  const items = scanner.items("]", () => scanner.string())
  scanner.end("]")
  return items
}

/** Writes a list of strings as Python's `repr` does: single quotes unless only they occur inside, control characters escaped. */
export const formatPythonList = (items: ReadonlyArray<string>): string => `[${items.map(formatString).join(", ")}]`

const formatString = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const inside = text.replace(/[\\'"]|[^\P{C}]|[^\P{Z} ]/gu, (character) => {
    if (character === "\\" || character === quote) return `\\${character}`
    if (character === "'" || character === '"') return character
    const named = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character]
    if (named !== undefined) return named
    const hex = (digits: number) => character.codePointAt(0)!.toString(16).padStart(digits, "0")
    const value = character.codePointAt(0)!
    return value < 0x100 ? `\\x${hex(2)}` : value < 0x1_0000 ? `\\u${hex(4)}` : `\\U${hex(8)}`
  })
  return `${quote}${inside}${quote}`
}
