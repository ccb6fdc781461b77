import { InputError } from "../errors.ts"
import type { Line } from "./lines.ts"

/**
 * The texts of the elements of one JSON array, without reading all of it: commas and brackets are counted outside of strings. Whether an
 * element is JSON is for its reader to say; `number` is the line where it starts.
 *
 * @throws InputError when the array has no end, or something comes after it.
 */
export async function* jsonArray(lines: AsyncIterable<Line>, source: string): AsyncGenerator<Line> {
  const scanner = elementScanner(source, 0)
  for await (const line of lines) yield* scanner.scan(line)
  scanner.end()
}

/** The texts of JSON values that follow one another, each on several lines: as `jsonArray`, without the array. */
export async function* jsonSequence(lines: AsyncIterable<Line>, source: string): AsyncGenerator<Line> {
  const scanner = elementScanner(source, 1)
  for await (const line of lines) yield* scanner.scan(line)
  yield* scanner.rest()
}

const elementScanner = (source: string, outside: 0 | 1) => {
  /** 0 before the array, 1 between its elements, more inside of one. */
  let depth: number = outside
  let closed = false
  let inString = false
  let element = ""
  let started = 0
  return {
    *scan({ text, number }: Line): Generator<Line> {
      for (let i = 0; i < text.length; i++) {
        const character = text[i]!
        if (depth === 0) {
          if (/\s/.test(character)) continue
          if (closed)
            throw new InputError({
              source,
              line: number,
              reason: "something after the JSON array",
              remedy: "one array a file"
            })
          depth = 1
          continue
        }
        const from = i
        if (inString) {
          i = endOfString(text, i)
          inString = i === text.length
        } else if (character === '"') {
          i = endOfString(text, i + 1)
          inString = i === text.length
        } else if (character === "[" || character === "{") depth++
        else if (character === "]" || character === "}") depth--
        if (outside === 1 && depth <= 1 && (character === "]" || character === "}")) {
          yield { text: element + character, number: element === "" ? number : started }
          element = ""
          depth = 1
        } else if (depth === 0 || (depth === 1 && character === "," && !inString && outside === 0)) {
          const whole = element.trimEnd()
          element = ""
          closed = depth === 0
          if (whole !== "") yield { text: whole, number: started }
        } else if (element !== "" || /\S/.test(character)) {
          if (element === "") started = number
          element += text.slice(from, i + 1)
        }
      }
      if (element !== "") element += "\n"
    },
    *rest(): Generator<Line> {
      const whole = element.trimEnd()
      if (whole !== "") yield { text: whole, number: started }
    },
    end() {
      if (!closed)
        throw new InputError({ source, reason: "the JSON array has no end", remedy: "fetch or write the file again" })
    }
  }
}

/** The position of the quote that ends a string, the text's length when it does not end in it. */
const endOfString = (text: string, from: number): number => {
  for (let i = from; i < text.length; i++) {
    if (text[i] === "\\") i++
    else if (text[i] === '"') return i
  }
  return text.length
}
