/** Why a text is not a Python list of strings, and at which UTF-16 offset. */
export class PythonListError extends SyntaxError {
  override readonly name = "PythonListError"
  readonly at: number
  constructor(reason: string, at: number) {
    super(`${reason} at character ${at}`)
    this.at = at
  }
}

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
  let at = 0
  const fail = (reason: string): never => {
    throw new PythonListError(reason, at)
  }
  const space = () => {
    while (at < source.length && " \t\n\r\f".includes(source[at]!)) at++
  }
  const code = (digits: number): string => {
    const hex = source.slice(at, at + digits)
    if (hex.length < digits || !/^[0-9a-fA-F]+$/.test(hex))
      fail(`an escape with fewer than ${digits} hexadecimal digits`)
    const value = Number.parseInt(hex, 16)
    if (value > 0x10ffff) fail("an escape beyond U+10FFFF")
    at += digits
    return String.fromCodePoint(value)
  }
  const escaped = (): string => {
    const letter = source[at++]
    if (letter === undefined) fail("a string without an end")
    if (letter === "x") return code(2)
    if (letter === "u") return code(4)
    if (letter === "U") return code(8)
    if (letter === "N") fail("a named character (\\N), which is not supported")
    if (letter === "\r" && source[at] === "\n") at++
    if (letter === "\r" || letter === "\n") return ""
    const octal = /^[0-7]{1,3}/.exec(source.slice(at - 1, at + 2))?.[0]
    if (octal !== undefined) {
      at += octal.length - 1
      return String.fromCharCode(Number.parseInt(octal, 8))
    }
    return simpleEscapes[letter!] ?? `\\${letter}`
  }
  const string = (): string => {
    const quote = source[at]
    if (quote !== "'" && quote !== '"') fail("not a string in quotes")
    if (source.startsWith(quote!.repeat(3), at)) fail("a string in triple quotes")
    at++
    let value = ""
    for (;;) {
      const start = at
      while (at < source.length && !`${quote}\\\n\r\0`.includes(source[at]!)) at++
      value += source.slice(start, at)
      const character = source[at]
      if (character === quote) {
        at++
        return value
      }
      if (character !== "\\")
        fail(character === undefined ? "a string without an end" : "a line break or NUL inside a string")
      at++
      value += escaped()
    }
  }
  const items: Array<string> = []
  space()
  if (source[at] !== "[") fail("no opening [")
  at++
  space()
  while (source[at] !== "]") {
    items.push(string())
    space()
    if (source[at] === ",") {
      at++
      space()
    } else if (source[at] !== "]") fail("neither a comma nor ]")
  }
  at++
  space()
  if (at < source.length) fail("something after ]")
  return items
}

const simpleEscapes: Record<string, string> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v"
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
