import { PythonScanner } from "./PythonScanner.ts"

/**
 * Reads what Python writes for a list, a tuple or a dictionary of strings, numbers, `True`, `False`, `None` and further such values, as JSON would have
 * it: a tuple is a list, keys are strings. An array of NumPy's has no commas, `['EU' 'rejects']`. Strings are as `parsePythonList` reads them.
 *
 * @throws PythonListError
 */
export const parsePythonLiteral = (source: string): unknown => {
  const scanner = new PythonScanner(source)
  let depth = 0
  const inside = <A>(close: string, item: () => A, loose = false): Array<A> => {
    if (++depth > DEEPEST) scanner.fail(`more than ${DEEPEST} brackets inside each other`)
    const items = scanner.items(close, item, loose)
    depth--
    return items
  }
  const value = (): unknown => {
    if (scanner.take("[")) return inside("]", value, true)
    if (scanner.take("(")) return inside(")", value)
    if (scanner.take("{")) return Object.fromEntries(inside("}", entry))
    const name = /^(?:True|False|None)\b/.exec(scanner.source.slice(scanner.at, scanner.at + 6))?.[0]
    if (name !== undefined) {
      scanner.take(name)
      return name === "None" ? null : name === "True"
    }
    number.lastIndex = scanner.at
    const digits = number.exec(scanner.source)?.[0]
    if (digits === undefined) return scanner.string()
    scanner.take(digits)
    return Number(digits)
  }
  const entry = (): readonly [string, unknown] => {
    const key = value()
    if (typeof key === "object") scanner.fail("a key that is no string and no number")
    if (!scanner.take(":")) scanner.fail("no : behind a key")
    return [String(key), value()]
  }
  const isOpen = "[({".includes(source.trimStart()[0] ?? " ")
  if (!isOpen) scanner.fail("no list, tuple or dictionary")
  const literal = value()
  scanner.end("its end")
  return literal
}

const DEEPEST = 100
const number = /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?(?![\w.])/iy
