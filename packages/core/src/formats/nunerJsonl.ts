import type { Annotation } from "../schema/Annotation.ts"
import type { Span } from "../schema/Span.ts"
import type { Document, Fields, Format, RawDocument, RawSpan } from "./Format.ts"
import {
  idOf,
  isObject,
  isOffset,
  isStrings,
  type JsonObject,
  type JsonRecord,
  jsonFormat,
  otherFields,
  withFields
} from "./jsonFormat.ts"
import { writeParquet } from "./writeParquet.ts"

/**
 * Our own form: `{"id", "text", "entities": [{"start", "end", "type"}]}` with offsets in the text, or `{"words", "entities"}` (also `tokens`) with
 * offsets over words. A type may be called `label`, and entities may be an object of lists. `words` with `text` and `offsets` say where each word
 * stands, `ignored` which are read and not learned from. Without `entities` it is a text; `annotations` are an LLM's, `mentions` those that the
 * aligner placed. Other fields are kept.
 */
export const nunerJsonl = jsonFormat({
  name: "jsonl",
  reads: ["offsets", "names"],
  title: "our own: text or words, and entities of start, end, type",
  unit: "utf16",
  endings: ["jsonl"],
  breadth: 1,
  fits: (value) =>
    isObject(value) &&
    (typeof value.text === "string" || isStrings(value.words) || isStrings(value.tokens)) &&
    (value.entities === undefined || listOf(value.entities)?.every(isObject) === true),
  document: (record) => {
    const { value, line, fail } = record
    if (!isObject(value)) return fail("", "no object", "one object a record")
    const { text } = value
    if (text !== undefined && text !== null && typeof text !== "string") return fail("text", "no text")
    const words = value.words ?? (isStrings(value.tokens) ? value.tokens : undefined)
    if (words !== undefined && !isStrings(words)) return fail("words", "no list of words")
    const entities = entitiesOf(record, value)
    const common = {
      line,
      id: idOf(value.id),
      annotations: annotationsOf(record, value),
      fields: otherFields(value, ownFields)
    }
    const tokens = spansOf(record, value.offsets)
    if (words === undefined) {
      if (typeof text !== "string") return fail("", "neither text nor words", "give one of them")
      return { ...common, text, tokens, entities }
    }
    if (typeof text !== "string" || tokens === undefined) return { ...common, words, entities }
    return { ...common, ...inText(record, text, words, tokens, entities) }
  },
  row: (document) => rowOf(document)
})

/** The same in the columns of a Parquet file. */
export const parquet: Format = {
  ...nunerJsonl,
  name: "parquet",
  reads: ["offsets", "names"],
  title: "our own, in the columns of a Parquet file",
  endings: ["parquet"],
  recognise: () => false,
  write: (path, documents) => writeParquet(path, documents, rowOf)
}

const ownFields = ["id", "text", "words", "tokens", "offsets", "entities", "annotations", "mentions"]

const entitiesOf = ({ fail, reading }: JsonRecord, { entities, mentions }: JsonObject): Array<RawSpan> | undefined => {
  const [given, name] = entities === undefined || entities === null ? [mentions, "mentions"] : [entities, "entities"]
  if (given === undefined || given === null) return undefined
  const list = listOf(given)
  if (list === undefined) return fail(name, "no list")
  return list.map((span: unknown, n): RawSpan => {
    const at = `${name}[${n}]`
    if (Array.isArray(span))
      return fail(at, "a list", "triples of start, end and type are spaCy's: --format spacy-json")
    if (!isObject(span)) return fail(at, "no object")
    const { start, end } = span
    const named = span.type ?? span.label ?? span.concept
    const type = typeof named === "number" ? (reading.options.names?.[named] ?? named) : named
    if (!isOffset(start) || !isOffset(end)) return fail(at, "start or end is no whole number")
    if (type === undefined) return fail(at, "has neither type nor label")
    if (typeof type === "number")
      return fail(at, "its type is a number", "say what they stand for, by number: --names PER,LOC")
    if (typeof type !== "string" || type.trim() === "") return fail(at, "its type is no text")
    const text = typeof span.text === "string" ? span.text : undefined
    return { start, end, type, text, fields: otherFields(span, ownSpanFields) }
  })
}

/** A list, or the lists of `{"start": [..], "end": [..], "type": [..]}`, as which `datasets` writes a sequence of objects. */
const listOf = (value: unknown): ReadonlyArray<unknown> | undefined => {
  if (Array.isArray(value)) return value
  if (!isObject(value)) return undefined
  const columns = Object.entries(value)
  const length = Array.isArray(value.start) ? value.start.length : -1
  if (!columns.every(([, column]) => Array.isArray(column) && column.length === length)) return undefined
  return Array.from({ length }, (_, n) =>
    Object.fromEntries(columns.map(([name, column]) => [name, (column as ReadonlyArray<unknown>)[n]]))
  )
}

const ownSpanFields = ["start", "end", "type", "label", "concept", "text"]

const spansOf = ({ fail }: JsonRecord, value: unknown): Array<Span> | undefined => {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) return fail("offsets", "no list of spans")
  return value.map((span: unknown, n) =>
    isObject(span) && isOffset(span.start) && isOffset(span.end)
      ? { start: span.start, end: span.end }
      : fail(`offsets[${n}]`, "no span of start and end")
  )
}

/** Words whose places are known: entities over words become spans of the text. */
const inText = (
  { fail }: JsonRecord,
  text: string,
  words: ReadonlyArray<string>,
  tokens: ReadonlyArray<Span>,
  entities: ReadonlyArray<RawSpan> | undefined
): Pick<RawDocument, "text" | "tokens" | "entities"> => {
  if (words.length !== tokens.length) return fail("offsets", `${tokens.length} places for ${words.length} words`)
  const wrong = words.findIndex((word, n) => text.slice(tokens[n]!.start, tokens[n]!.end) !== word)
  if (wrong >= 0)
    return fail("offsets", `word ${wrong} does not stand there in the text`, "offsets are UTF-16 units of text")
  const placed = entities?.map((entity, n): RawSpan => {
    const first = tokens[entity.start]
    const last = tokens[entity.end - 1]
    if (first === undefined || last === undefined || entity.start >= entity.end) {
      const reason = `span ${entity.start}..${entity.end} is not in a sentence of ${words.length} words`
      return fail(`entities[${n}]`, reason, "offsets count words, end excluded")
    }
    return { ...entity, start: first.start, end: last.end }
  })
  return { text, tokens, entities: placed }
}

const annotationsOf = ({ fail }: JsonRecord, { annotations }: JsonObject): Array<Annotation> | undefined => {
  if (annotations === undefined || annotations === null) return undefined
  if (!Array.isArray(annotations)) return fail("annotations", "no list")
  return annotations.map((one: unknown, n): Annotation => {
    if (!isObject(one) || typeof one.entity !== "string" || typeof one.concept !== "string" || one.entity === "") {
      return fail(`annotations[${n}]`, "no annotation", "entity and concept, both texts")
    }
    return {
      entity: one.entity,
      concept: one.concept,
      ...((typeof one.description === "string" ? { description: one.description } : {}) satisfies Fields)
    }
  })
}

const rowOf = ({ annotations, entities, fields, id, text, tokens, words }: Document) =>
  withFields(
    {
      ...(id === undefined ? {} : { id }),
      ...(text === undefined ? { words } : { text }),
      ...(tokens === undefined ? {} : { offsets: tokens }),
      ...(entities && {
        entities: entities.map(({ start, end, type, fields }) => withFields({ start, end, type }, fields))
      }),
      ...(annotations && { annotations })
    },
    fields
  )
