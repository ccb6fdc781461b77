import { InputError } from "../errors.ts"
import type { Line } from "./lines.ts"

/**
 * The texts of the elements of one JSON array, without reading all of it: commas and brackets are counted outside of strings. Whether an
 * element is JSON is for its reader to say; `number` is the line where it starts.
 *
 * @param pieces of the text, cut anywhere, each with the number of the line where it starts
 * @throws InputError when the array has no end, or something comes after it.
 */
export async function* jsonArray(pieces: AsyncIterable<Line>, source: string): AsyncGenerator<Line> {
  const scanner = elementScanner(source, 0)
  for await (const piece of pieces) yield* scanner.scan(piece)
  scanner.end()
}

/** The texts of JSON values that follow one another, each on several lines: as `jsonArray`, without the array. */
export async function* jsonSequence(pieces: AsyncIterable<Line>, source: string): AsyncGenerator<Line> {
  const scanner = elementScanner(source, 1)
  for await (const piece of pieces) yield* scanner.scan(piece)
  yield* scanner.rest()
}

const elementScanner = (source: string, outside: 0 | 1) => {
  /** 0 before the array, 1 between its elements, more inside of one. */
  let depth: number = outside
  let closed = false
  let inString = false
  /** The piece before ended with the backslash of a string. */
  let escaped = false
  /** What earlier pieces hold of the element, which began on a line. */
  let begun = false
  let element = ""
  let started = 0

  /** Where the string that is open at `from` ends: its quote, or the end of the piece. */
  const endOfString = (text: string, from: number): number => {
    let at = escaped ? from + 1 : from
    escaped = false
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === BACKSLASH) at++
      else if (code === QUOTE) {
        inString = false
        return at
      }
    }
    escaped = at > text.length
    return text.length
  }

  return {
    *scan({ number, text }: Line): Generator<Line> {
      /** Of this piece, what belongs to the element begins here. */
      let from = 0
      let [line, counted] = [number, 0]
      /** Asked for with growing places only. */
      const lineOf = (at: number): number => {
        for (let end = text.indexOf("\n", counted); end >= 0 && end < at; end = text.indexOf("\n", counted)) {
          line++
          counted = end + 1
        }
        return line
      }
      const begin = (at: number) => {
        if (begun) return
        ;[begun, started, from] = [true, lineOf(at), at]
      }
      function* finish(end: number): Generator<Line> {
        if (!begun) return
        yield { text: (element + text.slice(from, end)).trimEnd(), number: started }
        ;[begun, element] = [false, ""]
      }
      for (let at = 0; at < text.length; at++) {
        if (inString) {
          at = endOfString(text, at)
          continue
        }
        const character = text[at]!
        if (character <= " " || (character > "~" && /\s/.test(character))) continue
        if (depth === 0) {
          if (closed) {
            const reason = "something after the JSON array"
            throw new InputError({ source, line: lineOf(at), reason, remedy: "one array a file" })
          }
          depth = 1
        } else if (character === "]" || character === "}") {
          depth--
          if (depth === 0 && outside === 0) {
            yield* finish(at)
            closed = true
          } else if (depth <= 1 && outside === 1) {
            begin(at)
            yield* finish(at + 1)
            depth = 1
          }
        } else if (depth === 1 && outside === 0 && character === ",") yield* finish(at)
        else {
          begin(at)
          if (character === '"') inString = true
          else if (character === "[" || character === "{") depth++
        }
      }
      if (begun) element += text.slice(from)
    },
    *rest(): Generator<Line> {
      if (begun) yield { text: element.trimEnd(), number: started }
    },
    end() {
      if (!closed)
        throw new InputError({ source, reason: "the JSON array has no end", remedy: "fetch or write the file again" })
    }
  }
}

const QUOTE = 34
const BACKSLASH = 92
