import { InputError } from "../errors.ts"
import { decodeOptions } from "../options.ts"
import type { Span } from "../schema/Span.ts"
import { type OffsetUnit, offsetMap } from "../text/offsets.ts"
import { firstEndingAfter } from "../words/wordSpans.ts"
import { words } from "../words/words.ts"
import { DataOptions, type DataOptionsInput } from "./DataOptions.ts"
import type { Document, Format, RawDocument, RawSpan, Reading, TypedSpan } from "./Format.ts"
import { peek } from "./Head.ts"
import { formatNamed, recognise } from "./registry.ts"
import { canReread, type Source, sourceName } from "./Source.ts"

/** What a file turned out to hold. The counts grow while it is read. */
export interface DataReport {
  readonly source: string
  readonly format: string
  /** What was recognised beyond the format: columns, tag scheme. */
  readonly details: ReadonlyArray<string>
  /** Records that were given on. */
  readonly documents: number
  /** Records that could not be used. */
  readonly malformed: number
  /** Records left out because the file says so, by reason. */
  readonly dropped: ReadonlyMap<string, number>
  /** What was read otherwise than it stands there. */
  readonly noted: ReadonlyMap<string, number>
  /** Entities by type. */
  readonly entities: ReadonlyMap<string, number>
  /** Records with a list of entities, be it empty. */
  readonly labelled: number
}

/** An open data file. */
export interface Data {
  readonly format: Format
  readonly report: DataReport
  /** To be read once. @throws InputError with file and line */
  readonly documents: AsyncGenerator<Document>
}

export interface OpenOptions extends DataOptionsInput {
  /** Entities may not share a span either, as where a word has one tag. Default false. */
  readonly flat?: boolean
  /** Told of each record that is skipped as malformed. */
  readonly onMalformed?: (error: InputError) => void
}

/**
 * The one door for data: recognises a file by its content (or takes `format`), and reads it as documents with offsets in UTF-16, duplicates
 * merged, cuts and overlaps resolved as the options say.
 *
 * @throws InputError when it is none of the formats, or could be several
 * @throws OptionError
 */
export const openData = async (
  given: Source,
  { flat = false, onMalformed, ...input }: OpenOptions = {}
): Promise<Data> => {
  const options = decodeOptions("data", DataOptions, input)
  const { head, source } = await peek(given)
  const format = options.format === undefined ? recognise(head) : formatNamed(options.format)
  const details: Array<string> = []
  const tallies = {
    dropped: new Map<string, number>(),
    noted: new Map<string, number>(),
    entities: new Map<string, number>()
  }
  const report = {
    source: head.name,
    format: format.name,
    details,
    documents: 0,
    malformed: 0,
    labelled: 0,
    ...tallies
  }
  const reading: Reading = {
    source: head.name,
    options,
    malformed: (error) => {
      if (options.malformed === "fail") throw skippable(error)
      report.malformed++
      onMalformed?.(error)
    },
    dropped: (reason) => add(tallies.dropped, reason, 1),
    noted: (what, count = 1) => add(tallies.noted, what, count),
    detail: (what) => details.push(what)
  }
  const documents = async function* (): AsyncGenerator<Document> {
    for await (const raw of format.read(source, reading)) {
      let document: Document
      try {
        document = settle(raw, format, reading, flat)
      } catch (error) {
        if (!(error instanceof InputError)) throw error
        reading.malformed(await unitHint(error, raw, format, source, options))
        continue
      }
      report.documents++
      if (document.entities !== undefined) report.labelled++
      for (const { type } of document.entities ?? []) add(tallies.entities, type, 1)
      yield document
    }
  }
  return { format, report, documents: documents() }
}

const add = (tally: Map<string, number>, key: string, count: number) => tally.set(key, (tally.get(key) ?? 0) + count)

/** The error that ends the reading names the flag that would not end it, unless a better remedy is known. */
const skippable = (error: InputError): InputError =>
  error.remedy !== undefined || error.line === undefined
    ? error
    : new InputError({ ...partsOf(error), remedy: "correct it, or leave such records out: --malformed skip" })

const partsOf = ({ field, line, reason, source }: InputError) => ({
  source,
  reason,
  ...(line === undefined ? {} : { line }),
  ...(field === undefined ? {} : { field })
})

/** A reader's record as a document. @throws InputError */
const settle = (raw: RawDocument, format: Format, reading: Reading, flat: boolean): Document => {
  const { id, ...rest } = raw
  const common = { ...rest, id: id === undefined || id === null ? undefined : String(id) }
  const fail = (field: string, reason: string, remedy?: string): never => {
    const at = { source: reading.source, line: raw.line, ...(field === "" ? {} : { field }) }
    throw new InputError({ ...at, reason, ...(remedy === undefined ? {} : { remedy }) })
  }
  if (raw.text === undefined) {
    const list = raw.words ?? []
    const empty = list.findIndex((word) => /^[ \t\r\n]*$/.test(word))
    if (list.length === 0) fail("words", "no word")
    if (empty >= 0) fail(`words[${empty}]`, "a word of nothing")
    raw.entities?.forEach(({ end, start }, n) => {
      const reason = `span ${start}..${end} is not in a sentence of ${list.length} words`
      if (!(start >= 0 && start < end && end <= list.length)) fail(`entities[${n}]`, reason, "ends are excluded")
    })
    const covered = ({ end, start }: Span) => list.slice(start, end).join(" ")
    return { ...common, entities: raw.entities && resolve(raw.entities, { reading, flat, fail, covered }) }
  }
  const { text } = raw
  const unit = reading.options.offsets ?? format.unit
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
  if (raw.entities === undefined) return { ...common, tokens }
  const places = tokens ?? words(text)
  if (places.length === 0) fail("text", "labelled, and without a word")
  const kept = raw.entities.flatMap((entity, n): Array<RawSpan> => {
    const field = `entities[${n}]`
    const span = inUtf16(entity, field)
    const covered = text.slice(span.start, span.end)
    if (entity.text !== undefined && entity.text !== covered) {
      fail(field, `is ${quoted(entity.text)} in the file, and ${quoted(covered)} in the text, counted in ${unit}`)
    }
    const fitted = onWords(span, places, text, reading, (reason, remedy) => fail(field, reason, remedy))
    return fitted === undefined ? [] : [{ ...span, ...fitted }]
  })
  const covered = ({ end, start }: Span) => text.slice(start, end)
  return { ...common, tokens, entities: resolve(kept, { reading, flat, fail, covered }) }
}

const quoted = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)

/** Whether offsets in UTF-16 are a span of a text that splits no character. */
const isSpanOf = (text: string, start: number, end: number): boolean =>
  start >= 0 && start < end && end <= text.length && !splits(text, start) && !splits(text, end)

const splits = (text: string, at: number): boolean =>
  at > 0 && at < text.length && isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at))
const isHigh = (unit: number) => unit >= 0xd800 && unit < 0xdc00
const isLow = (unit: number) => unit >= 0xdc00 && unit < 0xe000

/** A span without the white space at its edges, on whole words; `undefined` when it is left out. */
const onWords = (
  span: Span,
  places: ReadonlyArray<Span>,
  text: string,
  { noted, options }: Reading,
  fail: (reason: string, remedy?: string) => never
): Span | undefined => {
  let first = firstEndingAfter(places, span.start)
  let last = first
  while (last < places.length && places[last]!.start < span.end) last++
  if (first === last) return fail(`span ${span.start}..${span.end} holds no word`)
  const cutLeft = places[first]!.start < span.start
  const cutRight = places[last - 1]!.end > span.end
  if (cutLeft || cutRight) {
    if (options.onCut === "fail") {
      const word = cutLeft ? places[first]! : places[last - 1]!
      const reason = `${quoted(text.slice(span.start, span.end))} cuts the word ${quoted(text.slice(word.start, word.end))}`
      return fail(reason, "say what becomes of such entities: --on-cut expand, shrink or skip")
    }
    if (options.onCut === "shrink") {
      if (cutLeft) first++
      if (cutRight) last--
    }
    if (options.onCut === "skip" || first >= last) {
      noted("entities left out, which cut a word")
      return undefined
    }
    noted(options.onCut === "expand" ? "entities grown to whole words" : "entities cut down to whole words")
  }
  return { start: places[first]!.start, end: places[last - 1]!.end }
}

interface Resolving {
  readonly reading: Reading
  readonly flat: boolean
  readonly fail: (field: string, reason: string, remedy?: string) => never
  readonly covered: (span: Span) => string
}

/** Entities in order, each once, and as `overlap` says those that share text. */
const resolve = (
  given: ReadonlyArray<RawSpan>,
  { covered, fail, flat, reading: { noted, options } }: Resolving
): Array<TypedSpan> => {
  const seen = new Set<string>()
  const unique: Array<TypedSpan> = []
  for (const { text: _, ...entity } of given) {
    const key = `${entity.start} ${entity.end} ${entity.type.trim().replace(/\s+/g, " ").toLowerCase()}`
    if (seen.has(key)) continue
    seen.add(key)
    unique.push(entity)
  }
  if (unique.length < given.length) noted("duplicate entities merged", given.length - unique.length)
  unique.sort((a, b) => a.start - b.start || a.end - b.end || (a.type < b.type ? -1 : a.type > b.type ? 1 : 0))
  if (options.overlap === "keep" && !flat) return unique
  const clash = flat ? overlaps : crosses
  const clashing = clashes(unique, clash)
  if (clashing.size === 0) return unique
  if (options.overlap === "fail" || options.overlap === "keep") {
    const [a, b] = [...clashing].map((n) => unique[n]!)
    const reason = `${quoted(covered(a!))} (${a!.type}) and ${quoted(covered(b!))} (${b!.type}) overlap`
    const ways = flat ? "longest or drop" : "keep, longest or drop"
    return fail("entities", reason, `say what becomes of such entities: --overlap ${ways}`)
  }
  const kept = options.overlap === "drop" ? unique.filter((_, n) => !clashing.has(n)) : longest(unique, clash)
  noted("overlapping entities left out", unique.length - kept.length)
  return kept
}

type Clash = (a: Span, b: Span) => boolean

const overlaps: Clash = (a, b) => a.start < b.end && b.start < a.end
/** As `overlaps`, but for several types on one span. */
const crosses: Clash = (a, b) => overlaps(a, b) && !(a.start === b.start && a.end === b.end)

/** The indices of entities that clash with another. They are sorted by start. */
const clashes = (entities: ReadonlyArray<Span>, clash: Clash): Set<number> => {
  const found = new Set<number>()
  for (let i = 0; i < entities.length; i++) {
    for (let j = i + 1; j < entities.length && entities[j]!.start < entities[i]!.end; j++) {
      if (!clash(entities[i]!, entities[j]!)) continue
      found.add(i)
      found.add(j)
    }
  }
  return found
}

/** Greedily the longest first, of equals the first. */
const longest = (entities: ReadonlyArray<TypedSpan>, clash: Clash): Array<TypedSpan> => {
  const kept: Array<TypedSpan> = []
  for (const entity of entities.toSorted((a, b) => b.end - b.start - (a.end - a.start))) {
    if (kept.every((other) => !clash(entity, other))) kept.push(entity)
  }
  return entities.filter((entity) => kept.includes(entity))
}

const units: ReadonlyArray<OffsetUnit> = ["utf16", "codepoints", "bytes"]

/** An error about a span, with the unit in which every span of the file would fit, if there is one. */
const unitHint = async (
  error: InputError,
  raw: RawDocument,
  format: Format,
  source: Source,
  options: DataOptions
): Promise<InputError> => {
  if (raw.text === undefined || raw.entities === undefined || !/[^ -~\s]/.test(raw.text)) return error
  const used = options.offsets ?? format.unit
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
  const places = tokens === undefined ? words(text) : tokens.map((token) => map.spanToUtf16(token))
  return entities.every((entity) => {
    const span = map.spanToUtf16(entity)
    if (span === undefined || !isSpanOf(text, span.start, span.end)) return false
    if (entity.text !== undefined && entity.text !== text.slice(span.start, span.end)) return false
    return places.every((place) => place === undefined || !cuts(span, place))
  })
}

const cuts = (span: Span, word: Span): boolean =>
  (word.start < span.start && span.start < word.end) || (word.start < span.end && span.end < word.end)
