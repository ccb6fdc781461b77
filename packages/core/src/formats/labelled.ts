import { Result, Schema } from "effect"
import { InputError } from "../errors.ts"
import type { LabelledSentence } from "../schema/LabelledSentence.ts"
import { Span } from "../schema/Span.ts"
import { type OffsetUnit, offsetMap } from "../text/offsets.ts"
import { byPlace, type FromSpansOptions, fromSpans, type TextSpan } from "../words/spans.ts"
import { decoder } from "./jsonl.ts"
import { type Malformed, report } from "./Malformed.ts"
import { records } from "./records.ts"
import { type Source, sourceName } from "./Source.ts"

const LabelledSpan = Schema.Struct({
  ...Span.fields,
  type: Schema.optionalKey(Schema.NonEmptyString),
  label: Schema.optionalKey(Schema.NonEmptyString)
})
const LabelledRow = Schema.Struct({
  id: Schema.optionalKey(Schema.String),
  text: Schema.optionalKey(Schema.String),
  words: Schema.optionalKey(Schema.Array(Schema.String)),
  tokens: Schema.optionalKey(Schema.Array(Schema.String)),
  offsets: Schema.optionalKey(Schema.Array(Span)),
  entities: Schema.Array(LabelledSpan)
})

export interface LabelledOptions extends Malformed {
  /** What the offsets of entities in a text count: Python tools write code points. Default "utf16". */
  readonly offsets?: OffsetUnit
  /** What becomes of an entity whose edge lies inside a word. Default "fail". */
  readonly onCut?: FromSpansOptions["onCut"]
  /** Told of each entity that was changed or left out because it cut a word. */
  readonly onAdjusted?: (error: InputError) => void
  /** Sentences without an id of their own get `ids-0`, `ids-1`, ... by record. */
  readonly ids?: string
}

/**
 * Labelled sentences as JSON Lines (or a JSON array, or Parquet), in either form: `{"text", "entities": [{"start", "end", "type"}]}` with
 * offsets in the text, or `{"words", "entities"}` (also `tokens`) with offsets over words, as `writeJsonl` writes a `LabelledSentence`.
 * An entity's type may be called `label`.
 *
 * @throws InputError with line and field, unless `onMalformed` takes it: then the record is left out.
 */
export async function* readLabelled(source: Source, options: LabelledOptions = {}): AsyncGenerator<LabelledSentence> {
  const name = sourceName(source)
  let index = -1
  for await (const { value, line } of records(source, options)) {
    index++
    const row = decode(value, name, line)
    if (Result.isFailure(row)) {
      report(options, row.failure)
      continue
    }
    const id = row.success.id ?? (options.ids === undefined ? undefined : `${options.ids}-${index}`)
    try {
      yield { ...(id === undefined ? {} : { id }), ...sentenceOf(row.success, { source: name, line }, options) }
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      report(options, error)
    }
  }
}

const decode = decoder(LabelledRow)

type Place = { readonly source: string; readonly line: number }

const sentenceOf = (row: typeof LabelledRow.Type, place: Place, options: LabelledOptions): LabelledSentence => {
  const spans = row.entities.map(({ start, end, type, label }, n): TextSpan => {
    const named = type ?? label
    if (named === undefined)
      throw new InputError({ ...place, field: `entities[${n}]`, reason: "has neither type nor label" })
    return { start, end, type: named }
  })
  const words = row.words ?? row.tokens
  if (words !== undefined) return overWords(words, spans, row, place)
  if (row.text === undefined)
    throw new InputError({ ...place, reason: "neither text nor words", remedy: "give one of them" })
  return overText(row.text, spans, place, options)
}

const overWords = (
  words: ReadonlyArray<string>,
  entities: ReadonlyArray<TextSpan>,
  { text, offsets }: typeof LabelledRow.Type,
  place: Place
): LabelledSentence => {
  const wrong = entities.findIndex(({ start, end }) => start >= end || end > words.length)
  if (wrong >= 0) {
    const { start, end } = entities[wrong]!
    const reason = `span ${start}..${end} is not in a sentence of ${words.length} words`
    throw new InputError({ ...place, field: `entities[${wrong}]`, reason, remedy: "offsets count words, end excluded" })
  }
  const sorted = entities.toSorted(byPlace)
  if (text === undefined || offsets === undefined) return { words, entities: sorted }
  const off = words.findIndex(
    (word, n) => offsets[n] === undefined || text.slice(offsets[n].start, offsets[n].end) !== word
  )
  if (off >= 0 || offsets.length !== words.length) {
    const reason = off >= 0 ? `word ${off} does not stand there in the text` : "more offsets than words"
    throw new InputError({
      ...place,
      field: "offsets",
      reason,
      remedy: "offsets are UTF-16 units of text, a span a word"
    })
  }
  return { words, entities: sorted, text, offsets }
}

const overText = (
  text: string,
  spans: ReadonlyArray<TextSpan>,
  place: Place,
  options: LabelledOptions
): LabelledSentence => {
  const { offsets: unit = "utf16", onCut = "fail" } = options
  const map = offsetMap(text, unit)
  const mapped = spans.map((span, n) => {
    const inText = map.spanToUtf16(span)
    if (inText !== undefined) return { ...inText, type: span.type }
    const reason = `span ${span.start}..${span.end} is not in the text, or inside a character, counted in ${unit}`
    throw new InputError({ ...place, field: `entities[${n}]`, reason, remedy: "name the unit of the offsets" })
  })
  const { sentence, cut } = fromSpans(text, mapped, { ...place, onCut })
  for (const { start, end, type } of cut) {
    const reason = `${type} ${JSON.stringify(text.slice(start, end))} cuts a word; ${onCut === "expand" ? "grown to whole words" : onCut === "shrink" ? "reduced to whole words" : "left out"}`
    options.onAdjusted?.(new InputError({ ...place, field: "entities", reason }))
  }
  return sentence
}
