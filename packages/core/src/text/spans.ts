import { InputError } from "../errors.ts"
import type { Entity, LabelledSentence } from "../schema/LabelledSentence.ts"
import type { Span } from "../schema/Span.ts"
import { words } from "./words.ts"

/** A typed span of a text, in UTF-16 units. */
export interface TextSpan extends Span {
  readonly type: string
}

export interface FromSpansOptions {
  /** What becomes of a span whose edge lies inside a word: refused, grown to the word's edge, or left out. */
  readonly onCut?: "error" | "expand" | "drop"
  /** Where the words stand; by default `words(text)`. */
  readonly offsets?: ReadonlyArray<Span>
  /** Cited in errors. */
  readonly source?: string
  readonly line?: number
  readonly id?: string
}

export interface FromSpans {
  readonly sentence: LabelledSentence
  /** The spans that were grown or left out because they cut a word. */
  readonly cut: ReadonlyArray<TextSpan>
}

/**
 * Words and entities over them, from a text and typed spans of it. White space at a span's edges is ignored.
 *
 * @throws InputError for a span outside of the text, one that holds no word, or (`onCut: "error"`, the default) one that cuts a word.
 */
export const fromSpans = (text: string, spans: ReadonlyArray<TextSpan>, options: FromSpansOptions = {}): FromSpans => {
  const { onCut = "error", offsets = words(text).map(({ start, end }) => ({ start, end })) } = options
  const fail = (field: string, reason: string, remedy: string): never => {
    throw new InputError({
      source: options.source ?? options.id ?? "text",
      ...(options.line === undefined ? {} : { line: options.line }),
      field,
      reason,
      remedy
    })
  }
  const cut: Array<TextSpan> = []
  const entities: Array<Entity> = []
  spans.forEach((span, n) => {
    const field = `entities[${n}]`
    if (span.start < 0 || span.end > text.length || span.start >= span.end) {
      fail(
        field,
        `span ${span.start}..${span.end} is not in the text of length ${text.length}`,
        "offsets are UTF-16 units, end excluded"
      )
    }
    const start = firstEndingAfter(offsets, span.start)
    let end = start
    while (end < offsets.length && offsets[end]!.start < span.end) end++
    if (start === end) fail(field, `span ${span.start}..${span.end} holds no word`, "leave it out")
    if (offsets[start]!.start < span.start || offsets[end - 1]!.end > span.end) {
      if (onCut === "error") {
        const word = offsets[start]!.start < span.start ? offsets[start]! : offsets[end - 1]!
        const quoted = JSON.stringify(text.slice(span.start, span.end))
        fail(
          field,
          `${quoted} cuts the word ${JSON.stringify(text.slice(word.start, word.end))}`,
          'set onCut to "expand" or "drop"'
        )
      }
      cut.push(span)
      if (onCut === "drop") return
    }
    entities.push({ start, end, type: span.type })
  })
  return {
    sentence: {
      ...(options.id === undefined ? {} : { id: options.id }),
      words: offsets.map(({ start, end }) => text.slice(start, end)),
      entities: entities.toSorted(byPlace),
      text,
      offsets
    },
    cut
  }
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

/** The index of the first span that ends after `offset`, by bisection. */
export const firstEndingAfter = (spans: ReadonlyArray<Span>, offset: number): number => {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (spans[middle]!.end > offset) high = middle
    else low = middle + 1
  }
  return low
}
