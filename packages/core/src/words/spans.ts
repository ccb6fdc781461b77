import * as Schema from "effect/Schema"
import { InputError } from "../errors.ts"
import type { Entity, LabelledSentence } from "../schema/LabelledSentence.ts"
import type { Span } from "../schema/Span.ts"
import { wordBoundaries } from "./boundaries.ts"
import { type Overlap, type Place, resolveOverlap } from "./overlap.ts"
import { wordSpans } from "./wordSpans.ts"
import { words } from "./words.ts"

/** A typed span of a text, in UTF-16 units. */
export interface TextSpan extends Span {
  readonly type: string
}

/**
 * What becomes of a span whose edge lies inside a word: it is grown to the word's edge (`expand`), reduced to the words that are wholly in it
 * (`shrink`; left out where there is none), left out (`skip`), or refused (`fail`).
 */
export const OnCut = Schema.Literals(["expand", "shrink", "skip", "fail"])
export type OnCut = typeof OnCut.Type

export interface FromSpansOptions {
  /** Default "fail". */
  readonly onCut?: OnCut
  /** Default "keep". It is asked after spans were grown to words. */
  readonly overlap?: Overlap
  /** Where the words stand; by default `words(text)`, divided where a span ends at a word boundary inside of one (in Han, for example). */
  readonly offsets?: ReadonlyArray<Span>
  /** Cited in errors. */
  readonly source?: string
  readonly line?: number
  readonly id?: string
}

export interface FromSpans {
  readonly sentence: LabelledSentence
  /** The spans that cut a word. */
  readonly cut: ReadonlyArray<TextSpan>
  /** How many entities the overlap policy took away. */
  readonly overlapping: number
}

/**
 * Words and entities over them, from a text and typed spans of it. White space at a span's edges is ignored.
 *
 * @throws InputError for a span outside of the text, one that holds no word, one that cuts a word (`onCut: "fail"`), or one that overlaps
 * another (`overlap: "fail"`).
 */
export const fromSpans = (text: string, spans: ReadonlyArray<TextSpan>, options: FromSpansOptions = {}): FromSpans => {
  const { onCut = "fail", overlap = "keep", offsets = wordsBetween(text, spans) } = options
  const place: Place = {
    source: options.source ?? options.id ?? "text",
    ...(options.line === undefined ? {} : { line: options.line })
  }
  const fail = (n: number, reason: string, remedy: string): never => {
    throw new InputError({ ...place, field: `entities[${n}]`, reason, remedy })
  }
  spans.forEach(({ start, end }, n) => {
    if (start < 0 || end > text.length || start >= end) {
      const reason = `span ${start}..${end} is not in the text of length ${text.length}`
      fail(n, reason, "offsets are UTF-16 units, end excluded")
    }
  })
  const cut: Array<TextSpan> = []
  const entities = wordSpans(spans, offsets).flatMap((touched, n): Array<Entity> => {
    const span = spans[n]!
    if (touched === undefined) return fail(n, `span ${span.start}..${span.end} holds no word`, "leave it out")
    let { start, end } = touched
    if (touched.cut) {
      const quoted = JSON.stringify(text.slice(span.start, span.end))
      const first = offsets[start]!
      const last = offsets[end - 1]!
      const word = first.start < span.start ? first : last
      if (onCut === "fail") {
        const reason = `${quoted} cuts the word ${JSON.stringify(text.slice(word.start, word.end))}`
        fail(n, reason, "--on-cut expand, shrink or skip")
      }
      cut.push(span)
      if (onCut === "skip") return []
      if (onCut === "shrink") {
        if (first.start < span.start) start++
        if (last.end > span.end) end--
        if (start >= end) return []
      }
    }
    return [{ start, end, type: span.type }]
  })
  const kept = resolveOverlap(entities, overlap, { place })
  return {
    sentence: {
      ...(options.id === undefined ? {} : { id: options.id }),
      words: offsets.map(({ start, end }) => text.slice(start, end)),
      entities: kept.toSorted(byPlace),
      text,
      offsets
    },
    cut,
    overlapping: entities.length - kept.length
  }
}

/** The words of a text, divided where a span begins or ends at a word boundary inside of one. */
export const wordsBetween = (text: string, spans: ReadonlyArray<Span>): Array<Span> => {
  const offsets = words(text).map(({ start, end }) => ({ start, end }))
  const touched = wordSpans(spans, offsets)
  if (touched.every((span) => span === undefined || !span.cut)) return offsets
  const isBoundary = wordBoundaries(text)
  const inside = [...new Set(spans.flatMap(({ start, end }) => [start, end]))].filter(isBoundary).sort((a, b) => a - b)
  let next = 0
  return offsets.flatMap(({ start, end }) => {
    const edges = [start]
    while (next < inside.length && inside[next]! <= start) next++
    for (; next < inside.length && inside[next]! < end; next++) edges.push(inside[next]!)
    return edges.map((edge, n) => ({ start: edge, end: edges[n + 1] ?? end }))
  })
}

/** A labelled sentence as running text with typed spans of it. Where it has no text, its words are joined by spaces. */
export const toSpans = (sentence: LabelledSentence): { readonly text: string; readonly entities: Array<TextSpan> } => {
  const offsets = sentence.text === undefined ? undefined : sentence.offsets
  const text = offsets === undefined ? sentence.words.join(" ") : sentence.text!
  const places = offsets ?? joined(sentence.words)
  return {
    text,
    entities: sentence.entities.map(({ start, end, type }) => ({
      start: places[start]!.start,
      end: places[end - 1]!.end,
      type
    }))
  }
}

/** Where words stand in the text that joins them by single spaces. */
export const joined = (words: ReadonlyArray<string>): Array<Span> => {
  let at = 0
  return words.map((word) => {
    const start = at
    at += word.length + 1
    return { start, end: start + word.length }
  })
}

/** The order of entities in a sentence: by start, then end, then type. */
export const byPlace = (a: Entity, b: Entity): number =>
  a.start - b.start || a.end - b.end || (a.type < b.type ? -1 : a.type > b.type ? 1 : 0)
