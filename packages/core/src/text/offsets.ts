import type { Span } from "../schema/Span.ts"

/** How the offsets of a foreign file count: JavaScript and Java in UTF-16 units, Python in code points, Rust and Go in UTF-8 bytes. */
export type OffsetUnit = "utf16" | "codepoints" | "bytes"

/** Both ways between the UTF-16 offsets of one text and those of another unit. */
export interface OffsetMap {
  /** `undefined` for an offset that is outside of the text or inside of a character. */
  fromUtf16(offset: number): number | undefined
  toUtf16(offset: number): number | undefined
  spanFromUtf16(span: Span): Span | undefined
  spanToUtf16(span: Span): Span | undefined
  /** The length of the text in the other unit. */
  readonly length: number
}

/** Made once a text, in linear time. A lone surrogate counts as one code point, and as the three bytes of its replacement, U+FFFD. */
export const offsetMap = (text: string, unit: OffsetUnit): OffsetMap => {
  const ascii = unit === "utf16" || isAscii(text)
  const there = ascii ? undefined : new Int32Array(text.length + 1).fill(-1)
  let length = ascii ? text.length : 0
  if (there !== undefined) {
    for (let i = 0; i < text.length; ) {
      const code = text.codePointAt(i)!
      there[i] = length
      length += unit === "codepoints" ? 1 : code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4
      i += code < 0x1_0000 ? 1 : 2
    }
    there[text.length] = length
  }
  const back = there === undefined ? undefined : new Int32Array(length + 1).fill(-1)
  if (there !== undefined && back !== undefined) {
    for (let i = 0; i <= text.length; i++) if (there[i]! >= 0) back[there[i]!] = i
  }
  const look = (table: Int32Array | undefined, limit: number) => (offset: number) => {
    if (!Number.isInteger(offset) || offset < 0 || offset > limit) return undefined
    const found = table === undefined ? offset : table[offset]!
    return found < 0 ? undefined : found
  }
  const fromUtf16 = look(there, text.length)
  const toUtf16 = look(back, length)
  const both = (map: typeof toUtf16) => (span: Span) => {
    const start = map(span.start)
    const end = map(span.end)
    return start === undefined || end === undefined ? undefined : { start, end }
  }
  return { fromUtf16, toUtf16, spanFromUtf16: both(fromUtf16), spanToUtf16: both(toUtf16), length }
}

const isAscii = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}
