import { InputError } from "../errors.ts"
import { type Malformed, report } from "./Malformed.ts"
import { chunks, type Source, sourceName } from "./Source.ts"

export interface Line {
  /** Without its line end. */
  readonly text: string
  /** 1-based. */
  readonly number: number
}

/**
 * The lines of a UTF-8 text, read as a stream: memory grows with the longest line only. A line ends with LF or CRLF; a byte order
 * mark is no part of the first line; a last line needs no end. A line that is not UTF-8 is malformed: refused, or left out and
 * reported to `onMalformed`.
 */
export async function* lines(source: Source, options: Malformed = {}): AsyncGenerator<Line> {
  let number = 0
  let rest: Array<Uint8Array> = []
  const encoder = new TextEncoder()
  /** The lines of a piece that ends where a line ends. */
  function* split(piece: Uint8Array): Generator<Line> {
    const text = decode(piece)
    if (text !== undefined) {
      for (const line of text.split("\n")) yield { text: chomp(line, ++number), number }
      return
    }
    for (const bytes of splitBytes(piece)) {
      number++
      const line = decode(bytes)
      if (line !== undefined) yield { text: chomp(line, number), number }
      else report(options, notUtf8(sourceName(source), number, bytes))
    }
  }
  for await (const chunk of chunks(source)) {
    const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk
    const end = bytes.lastIndexOf(newline)
    if (end === -1) {
      if (bytes.length > 0) rest.push(bytes)
      continue
    }
    rest.push(bytes.subarray(0, end))
    const piece = rest.length === 1 ? rest[0]! : concat(rest)
    rest = end + 1 < bytes.length ? [bytes.subarray(end + 1)] : []
    yield* split(piece)
  }
  if (rest.length > 0) yield* split(concat(rest))
}

const newline = 10

/** `ignoreBOM` leaves U+FEFF where it is inside a text; only the first line's is dropped, by `chomp`. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const decode = (bytes: Uint8Array): string | undefined => {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

const chomp = (line: string, number: number): string => {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line
  return number === 1 && text.startsWith("\ufeff") ? text.slice(1) : text
}

function* splitBytes(bytes: Uint8Array): Generator<Uint8Array> {
  let start = 0
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
    yield bytes.subarray(start, end)
    start = end + 1
  }
  yield bytes.subarray(start)
}

const concat = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const notUtf8 = (source: string, line: number, bytes: Uint8Array): InputError => {
  const wide = line === 1 && ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
  return new InputError({
    source,
    line,
    reason: wide ? "is UTF-16, not UTF-8" : "is not UTF-8",
    remedy: `convert the file: iconv -t UTF-8 -f ${wide ? "UTF-16" : "its encoding"}`
  })
}
