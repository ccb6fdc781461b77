import { InputError } from "../errors.ts"
import { type Malformed, report } from "./Malformed.ts"
import { chunks, type Source, sourceName } from "./Source.ts"

export interface Line {
  /** Without its line end. */
  readonly text: string
  /** 1-based. */
  readonly number: number
}

/** Neighbouring lines, as they come: for readers that must be fast. A line that is not UTF-8 is `undefined`, and was reported. */
export interface LineBlock {
  readonly texts: ReadonlyArray<string | undefined>
  /** How many. */
  readonly count: number
  /** The number of the first. */
  readonly number: number
  /** The lines joined by LF, where that is how they stand in the file: to be looked through without a string a line. */
  readonly whole?: string | undefined
}

/**
 * The lines of a UTF-8 text, read as a stream: memory grows with the longest line only. A line ends with LF or CRLF, with CR in a text whose
 * first 64 KiB have no LF; a byte order mark is no part of the first line; a last line needs no end. A line that is not UTF-8 is malformed:
 * refused, or left out and reported to `onMalformed`.
 */
export async function* lines(source: Source, options: Malformed = {}): AsyncGenerator<Line> {
  for await (const { number, texts } of lineBlocks(source, options)) {
    for (let i = 0; i < texts.length; i++) {
      const text = texts[i]
      if (text !== undefined) yield { text, number: number + i }
    }
  }
}

export interface LineOptions extends Malformed {
  /** The CR of a CRLF stays at the end of its line. Default false. */
  readonly keepReturns?: boolean
}

/** As `lines`, many at a time. */
export async function* lineBlocks(source: Source, options: LineOptions = {}): AsyncGenerator<LineBlock> {
  const { keepReturns = false } = options
  const name = sourceName(source)
  let number = 1
  let rest: Array<Uint8Array> = []
  let held = 0
  let newline: number | undefined
  const encoder = new TextEncoder()
  const block = (piece: Uint8Array, ended: boolean): LineBlock => {
    const made = split(piece, { newline: newline ?? LF, number, keepReturns, ended }, (line, bytes) =>
      report(options, notUtf8(name, line, bytes))
    )
    number += made.count
    return made
  }
  for await (const chunk of chunks(source)) {
    const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk
    if (bytes.length === 0) continue
    rest.push(bytes)
    held += bytes.length
    if (newline === undefined) {
      const start = held >= LOOK ? concat(rest).subarray(0, LOOK) : bytes
      if (start.includes(LF)) newline = LF
      else if (held >= LOOK) newline = start.subarray(0, -1).includes(CR) ? CR : LF
      else continue
    }
    const end = bytes.lastIndexOf(newline)
    if (end === -1) continue
    rest[rest.length - 1] = bytes.subarray(0, end)
    const piece = concat(rest)
    rest = end + 1 < bytes.length ? [bytes.subarray(end + 1)] : []
    held = bytes.length - end - 1
    yield block(piece, false)
  }
  if (rest.length === 0) return
  const last = concat(rest)
  newline ??= last.includes(CR) ? CR : LF
  yield block(last, true)
}

/** A UTF-8 text in pieces, cut anywhere, each with the number of the line where it starts. @throws InputError for what is not UTF-8 */
export async function* textPieces(source: Source): AsyncGenerator<Line> {
  const utf8 = new TextDecoder("utf-8", { fatal: true })
  let number = 1
  for await (const chunk of chunks(source)) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk
    let text: string
    try {
      text = utf8.decode(bytes, { stream: true })
    } catch {
      const wrong = splitBytes(bytes, LF).findIndex((line) => decode(line) === undefined)
      throw notUtf8(sourceName(source), number + Math.max(wrong, 0), bytes)
    }
    yield { text, number }
    number += lineCount(bytes) - 1
  }
  try {
    utf8.decode()
  } catch {
    throw notUtf8(sourceName(source), number, new Uint8Array())
  }
}

const LF = 10
const CR = 13
/** Bytes in which the first line end is looked for. */
const LOOK = 1 << 16

interface Splitting {
  readonly newline: number
  readonly number: number
  readonly keepReturns: boolean
  /** It is the last piece: what stands behind its last line end is a line only where something stands there. */
  readonly ended: boolean
}

/** The lines of bytes; those that are not UTF-8 are given to `onBad`. */
const split = (
  piece: Uint8Array,
  { ended, keepReturns, newline, number }: Splitting,
  onBad: (line: number, bytes: Uint8Array) => void
): LineBlock => {
  const ends = ended && piece.at(-1) === newline ? piece.subarray(0, -1) : piece
  if (ended && ends.length === 0) return { texts: ends === piece ? [] : [""], count: ends === piece ? 0 : 1, number }
  const text = decode(ends)
  if (text === undefined) {
    const texts = splitBytes(ends, newline).map((bytes, i) => {
      const line = decode(bytes)
      if (line === undefined) onBad(number + i, bytes)
      const marked = number + i === 1 ? line?.replace(/^\ufeff/, "") : line
      return marked === undefined || keepReturns ? marked : chomp(marked)
    })
    return { texts, count: texts.length, number }
  }
  const whole = number === 1 && text.startsWith("\ufeff") ? text.slice(1) : text
  // Most files have no CR: one search is cheaper than a look at the end of every line.
  if (newline === LF && !whole.includes("\r")) {
    let texts: Array<string> | undefined
    return {
      get texts() {
        texts ??= whole.split("\n")
        return texts
      },
      count: lineCount(ends),
      number,
      whole
    }
  }
  const parts = whole.split(newline === LF ? "\n" : "\r")
  return { texts: keepReturns ? parts : parts.map(chomp), count: parts.length, number }
}

/** Four bytes at a time where they are aligned: byte by byte, this is a tenth of the time of reading columns. */
const lineCount = (bytes: Uint8Array): number => {
  let count = 1
  const alone = (from: number, to: number) => {
    for (let at = from; at < to; at++) if (bytes[at] === LF) count++
  }
  const start = Math.min(bytes.length, -bytes.byteOffset & 3)
  const fours = (bytes.length - start) >>> 2
  const end = start + fours * 4
  alone(0, start)
  if (fours > 0) {
    const values = new Uint32Array(bytes.buffer, bytes.byteOffset + start, fours)
    for (let i = 0; i < fours; i++) {
      const rest = values[i]! ^ 0x0a0a0a0a // a byte is 0 where an LF was
      const found = ~(((rest & 0x7f7f7f7f) + 0x7f7f7f7f) | rest | 0x7f7f7f7f) // and has its high bit set here, and nothing else
      count += Math.imul(found >>> 7, 0x01010101) >>> 24
    }
  }
  alone(end, bytes.length)
  return count
}

/** `ignoreBOM` leaves U+FEFF where it is inside a text; only the first line's is dropped, by `split`. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const decode = (bytes: Uint8Array): string | undefined => {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

const chomp = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line)

const splitBytes = (bytes: Uint8Array, newline: number): Array<Uint8Array> => {
  const parts: Array<Uint8Array> = []
  let start = 0
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
    parts.push(bytes.subarray(start, end))
    start = end + 1
  }
  parts.push(bytes.subarray(start))
  return parts
}

const concat = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  if (parts.length === 1) return parts[0]!
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
