import { InputError, partsOf } from "../errors.ts"
import type { Span } from "../schema/Span.ts"
import { type OffsetUnit, offsetMap } from "../text/offsets.ts"
import { canonical } from "../words/canonical.ts"
import { resolveOverlap } from "../words/overlap.ts"
import { byPlace, wordsBetween } from "../words/spans.ts"
import { wordSpans } from "../words/wordSpans.ts"
import type { DataOptions } from "./DataOptions.ts"
import type { Document, Format, RawDocument, RawSpan, Reading, TypedSpan } from "./Format.ts"
import { canReread, type Source, sourceName } from "./Source.ts"

/**
 * A reader's record as a document: offsets in UTF-16, compared with what entities carry of their text, cuts and overlaps resolved as the options say,
 * duplicates merged. `flat`: entities may not share a span either.
 *
 * @throws InputError
 */
export const settle = (raw: RawDocument, format: Format, reading: Reading, flat: boolean): Document => {
  const id = raw.id === undefined || raw.id === null ? undefined : String(raw.id)
  if (raw.text !== undefined)
    return { ...raw, id, ...overText(raw.text, raw, { format, line: raw.line, reading, flat }) }
  const entities = overWords(raw.words ?? [], raw.entities ?? [], { format, line: raw.line, reading, flat })
  return { ...raw, id, entities: raw.entities && entities }
}

interface Settling {
  readonly format: Format
  readonly line: number
  readonly reading: Reading
  readonly flat: boolean
}

const failing =
  ({ line, reading: { source } }: Settling) =>
  (field: string, reason: string, remedy?: string): never => {
    throw new InputError({ source, line, field, reason, ...(remedy === undefined ? {} : { remedy }) })
  }

const overWords = (words: ReadonlyArray<string>, entities: ReadonlyArray<RawSpan>, settling: Settling) => {
  const fail = failing(settling)
  const isEmpty = (word: string) => !(word.charCodeAt(0) > 32) && /^[ \t\r\n]*$/.test(word)
  const empty = settling.format.wordsAreFull ? -1 : words.findIndex(isEmpty)
  if (words.length === 0) fail("words", "no word")
  if (empty >= 0) fail(`words[${empty}]`, "a word of nothing")
  const wrong = entities.findIndex(({ end, start }) => !(start >= 0 && start < end && end <= words.length))
  if (wrong >= 0) {
    const { end, start } = entities[wrong]!
    const reason = `span ${start}..${end} is not in a sentence of ${words.length} words`
    fail(`entities[${wrong}]`, reason, "ends are excluded")
  }
  return resolve(entities, settling, ({ end, start }) => words.slice(start, end).join(" "))
}

const overText = (text: string, raw: RawDocument, settling: Settling) => {
  const { format, reading } = settling
  const { noted, options } = reading
  const fail = failing(settling)
  const unit = unitOf(format, options)
  const map = unit === "utf16" ? undefined : offsetMap(text, unit)
  const inUtf16 = <S extends Span>(span: S, field: string): S => {
    const start = map === undefined ? span.start : map.toUtf16(span.start)
    const end = map === undefined ? span.end : map.toUtf16(span.end)
    if (start === undefined || end === undefined || !isSpanOf(text, start, end)) {
      return fail(
        field,
        `span ${span.start}..${span.end} is not in the text, or is inside a character, counted in ${unit}`
      )
    }
    return { ...span, start, end }
  }
  const tokens = raw.tokens?.map((token, n) => inUtf16(token, `tokens[${n}]`))
  if (raw.entities === undefined) return { tokens }
  const spans = raw.entities.map((entity, n) => {
    const span = inUtf16(entity, `entities[${n}]`)
    const covered = text.slice(span.start, span.end)
    if (entity.text !== undefined && !sameText(entity.text, covered)) {
      const reason = `is ${quoted(entity.text)} in the file, and ${quoted(covered)} in the text, counted in ${unit}`
      fail(`entities[${n}]`, reason)
    }
    return span
  })
  const places = tokens ?? wordsBetween(text, spans)
  if (places.length === 0) fail("text", "labelled, and without a word")
  const entities = wordSpans(spans, places).flatMap((touched, n): Array<RawSpan> => {
    const span = spans[n]!
    if (touched === undefined) return fail(`entities[${n}]`, `span ${span.start}..${span.end} holds no word`)
    let { start, end } = touched
    if (touched.cut) {
      const cutLeft = places[start]!.start < span.start
      const cutRight = places[end - 1]!.end > span.end
      if (options.onCut === "fail") {
        const word = cutLeft ? places[start]! : places[end - 1]!
        const cut = `${quoted(text.slice(span.start, span.end))} cuts the word ${quoted(text.slice(word.start, word.end))}`
        fail(`entities[${n}]`, cut, "say what becomes of such entities: --on-cut expand, shrink or skip")
      }
      if (options.onCut === "shrink") {
        if (cutLeft) start++
        if (cutRight) end--
      }
      const gone = options.onCut === "skip" || start >= end
      noted(gone ? "entities left out, which cut a word" : `entities ${cutNotes[options.onCut]} whole words`)
      if (gone) return []
    }
    return [{ ...span, start: places[start]!.start, end: places[end - 1]!.end }]
  })
  return { tokens, entities: resolve(entities, settling, ({ start, end }) => text.slice(start, end)) }
}

const cutNotes = { expand: "grown to", shrink: "cut down to", skip: "", fail: "" }

const quoted = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)

/** Whether two texts are the same but for white space: brat and Label Studio show a line break, or several spaces, as one space. */
const sameText = (a: string, b: string): boolean => a === b || a.replace(/\s+/g, " ") === b.replace(/\s+/g, " ")

/** Whether offsets in UTF-16 are a span of a text that splits no character. */
const isSpanOf = (text: string, start: number, end: number): boolean =>
  start >= 0 && start < end && end <= text.length && !splits(text, start) && !splits(text, end)

const splits = (text: string, at: number): boolean => at > 0 && text.codePointAt(at - 1)! > 0xffff

/** Entities in order, each once, and as `overlap` says those that share text. */
const resolve = (
  given: ReadonlyArray<RawSpan>,
  { flat, line, reading: { noted, options, source } }: Settling,
  covered: (span: Span) => string
): ReadonlyArray<TypedSpan> => {
  const spans = given.every(({ text }) => text === undefined)
    ? given
    : given.map(({ text: _, ...span }): TypedSpan => span)
  const { entities, merged } = canonical(spans)
  if (merged > 0) noted("duplicate entities merged", merged)
  // Most sentences have their entities in order, none over another.
  if (entities.every(({ start }, n) => n === 0 || start >= entities[n - 1]!.end)) return entities
  const sorted = entities.toSorted(byPlace)
  // Where a word has one tag, entities that overlap cannot be kept.
  const overlap = flat && options.overlap === "keep" ? "fail" : options.overlap
  const place = { source, line, shown: (span: TypedSpan) => `${quoted(covered(span))} (${span.type})` }
  const kept = resolveOverlap(sorted, overlap, { flat, place })
  if (kept.length < sorted.length) noted("overlapping entities left out", sorted.length - kept.length)
  return kept
}

/** How spans of a file count. Where a reader makes them itself, out of tokens or marks, there is nothing to say. */
const unitOf = ({ reads, unit }: Format, { offsets }: DataOptions): OffsetUnit =>
  (reads?.includes("offsets") ? offsets : undefined) ?? unit

const units: ReadonlyArray<OffsetUnit> = ["utf16", "codepoints", "bytes"]

/** An error about a span, with the unit in which every span of the file would fit, if there is one. */
export const unitHint = async (
  error: InputError,
  raw: RawDocument,
  format: Format,
  source: Source,
  options: DataOptions
): Promise<InputError> => {
  if (raw.text === undefined || raw.entities === undefined || !/[^ -~\s]/.test(raw.text)) return error
  if (!format.reads?.includes("offsets")) return error
  const used = unitOf(format, options)
  // What fits as it is counted is wrong for another reason: entities that overlap.
  if (fits(raw, used)) return error
  let fitting = units.filter((unit) => unit !== used && fits(raw, unit))
  const quiet: Reading = {
    source: sourceName(source),
    options,
    malformed: () => {},
    dropped: () => {},
    noted: () => {},
    detail: () => {}
  }
  if (fitting.length > 0 && canReread(source)) {
    for await (const other of format.read(source, quiet)) {
      fitting = fitting.filter((unit) => fits(other, unit))
      if (fitting.length === 0) break
    }
  }
  if (fitting.length === 0) return error
  return new InputError({
    ...partsOf(error),
    reason: `${error.reason}; counted in ${fitting[0]} every entity of the file fits`,
    remedy: `--offsets ${fitting[0]}`
  })
}

/** Whether every entity, counted in a unit, lies in the text, covers what it says, and cuts no word. */
const fits = ({ entities = [], text, tokens }: RawDocument, unit: OffsetUnit): boolean => {
  if (text === undefined || entities.length === 0) return true
  const map = offsetMap(text, unit)
  const spans = entities.map((entity) => map.spanToUtf16(entity)).filter((span) => span !== undefined)
  if (spans.length < entities.length || !spans.every(({ end, start }) => isSpanOf(text, start, end))) return false
  const places = tokens?.map((token) => map.spanToUtf16(token) ?? token) ?? wordsBetween(text, spans)
  return wordSpans(spans, places).every((touched, n) => {
    const { text: carried } = entities[n]!
    const covered = text.slice(spans[n]!.start, spans[n]!.end)
    return touched !== undefined && !touched.cut && (carried === undefined || sameText(carried, covered))
  })
}
