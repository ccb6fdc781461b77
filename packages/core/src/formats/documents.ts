import type { LabelledSentence } from "../schema/LabelledSentence.ts"
import type { Span } from "../schema/Span.ts"
import { type OffsetUnit, offsetMap } from "../text/offsets.ts"
import { fromSpans, joined } from "../words/spans.ts"
import type { Document, TypedSpan } from "./Format.ts"

/** A document as running text, its spans in `unit`. */
export interface AsText {
  readonly text: string
  readonly entities: ReadonlyArray<TypedSpan>
  /** Where its words stand, if it has words of its own. */
  readonly tokens: ReadonlyArray<Span> | undefined
}

/** A document as running text; words are joined by spaces. For writers whose format holds text. */
export const asText = ({ entities = [], text, tokens, words }: Document, unit: OffsetUnit = "utf16"): AsText => {
  if (text === undefined) {
    const places = joined(words ?? [])
    const spans = entities.map((entity) => ({
      ...entity,
      start: places[entity.start]!.start,
      end: places[entity.end - 1]!.end
    }))
    return asText({ line: 0, text: (words ?? []).join(" "), tokens: places, entities: spans }, unit)
  }
  if (unit === "utf16") return { text, entities, tokens }
  const map = offsetMap(text, unit)
  const moved = <S extends Span>(span: S): S => ({
    ...span,
    start: map.fromUtf16(span.start)!,
    end: map.fromUtf16(span.end)!
  })
  return { text, entities: entities.map(moved), tokens: tokens?.map(moved) }
}

/** A document as words, entities over words: those of the file where it has them, else `words(text)`. An edge inside a word takes all of it. */
export const asWords = (document: Document): { readonly id?: string } & LabelledSentence => {
  const { fields, id, tokens, words = tokens } = document
  const isWord = (word: unknown) => words?.[word as number] !== undefined && Number.isInteger(word)
  const ignored = Array.isArray(fields?.ignored) && fields.ignored.every(isWord) ? fields.ignored : []
  return { ...(id !== undefined && { id }), ...wordsOf(document), ...(ignored.length > 0 && { ignored }) }
}

const wordsOf = (document: Document): LabelledSentence => {
  const { text } = document
  if (text === undefined) {
    const { entities = [], words = [] } = document
    return { words, entities: entities.map(({ start, end, type }) => ({ start, end, type })) }
  }
  return fromSpans(text, document.entities ?? [], {
    onCut: "expand",
    ...(document.tokens && { offsets: document.tokens })
  }).sentence
}
