import { fromTags } from "../tags/fromTags.ts"
import { asText } from "./documents.ts"
import type { RawDocument, RawSpan } from "./Format.ts"
import { isObject, isStrings, type JsonRecord, jsonFormat, otherFields, spanOf } from "./jsonFormat.ts"

/**
 * spaCy's training data as JSON: `["text", {"entities": [[start, end, type], ..]}]`, what `Doc.to_json` gives (`{"text", "ents": [{"start", "end",
 * "label"}]}`), and `{"text", "entities": [[start, end, type], ..]}`; several of them may stand in one `{"annotations": [..]}`. Of version 2: `{"paragraphs":
 * [{"sentences": [{"tokens": [{"orth", "ner"}]}]}]}`, a sentence a text. spaCy is written in Python: offsets are code points.
 */
export const spacyJson = jsonFormat({
  name: "spacy-json",
  reads: ["offsets"],
  title: 'spaCy: ["text", {"entities": [[start, end, type], ..]}]',
  unit: "codepoints",
  needs: "entities",
  fits: (value) =>
    isExample(value) ||
    (isObject(value) && Array.isArray(value.annotations) && value.annotations.some(isExample)) ||
    (isObject(value) && Array.isArray(value.paragraphs)),
  document: (record) => {
    const { value } = record
    if (isObject(value) && Array.isArray(value.paragraphs)) return taggedSentences(record, value.paragraphs)
    if (!isObject(value) || !Array.isArray(value.annotations)) return example(record, value, "")
    // The tool that writes these lists leaves null where a text was skipped.
    return value.annotations
      .filter((one: unknown) => one !== null)
      .map((one: unknown, n: number) => example(record, one, `annotations[${n}]`))
  },
  row: (document) => {
    const { entities, text } = asText(document, "codepoints")
    return [text, { entities: entities.map(({ start, end, type }) => [start, end, type]) }]
  },
  layout: "array"
})

/** The sentences of version 2, whose tags are BILOU; `-` is not known, which counts as outside. */
function* taggedSentences({ fail, line }: JsonRecord, paragraphs: ReadonlyArray<unknown>): Generator<RawDocument> {
  for (const [n, paragraph] of paragraphs.entries()) {
    const sentences = isObject(paragraph) && Array.isArray(paragraph.sentences) ? paragraph.sentences : []
    for (const [m, sentence] of sentences.entries()) {
      const field = `paragraphs[${n}].sentences[${m}]`
      const tokens: unknown = isObject(sentence) ? sentence.tokens : undefined
      if (!Array.isArray(tokens)) return fail(field, "no tokens")
      const words = tokens.map((token: unknown): unknown => (isObject(token) ? token.orth : undefined))
      const tags = tokens.map((token: unknown) => String((isObject(token) ? token.ner : undefined) ?? "-"))
      if (!isStrings(words)) return fail(field, "a token without orth")
      const entities = fromTags(
        tags.map((tag) => (tag === "-" ? "O" : tag)),
        "BILOU"
      )
      if (entities === undefined) return fail(field, "a tag that is none of BILOU")
      yield { line, words, entities: tags.every((tag) => tag === "-") ? undefined : entities }
    }
  }
}

const isExample = (value: unknown): boolean | "perhaps" => {
  if (Array.isArray(value))
    return value.length === 2 && typeof value[0] === "string" && isObject(value[1]) && Array.isArray(value[1].entities)
  if (!isObject(value) || typeof value.text !== "string") return false
  if (Array.isArray(value.ents)) return true
  if (!Array.isArray(value.entities)) return false
  return value.entities.length === 0 ? "perhaps" : value.entities.every(Array.isArray)
}

const example = (record: JsonRecord, value: unknown, field: string): RawDocument => {
  const { line, fail } = record
  const [text, labels] = Array.isArray(value) ? value : isObject(value) ? [value.text, value] : []
  if (typeof text !== "string" || !isObject(labels)) return fail(field, "no text with its entities")
  const [name, list] = labels.ents === undefined ? ["entities", labels.entities] : ["ents", labels.ents]
  if (!Array.isArray(list)) return fail(`${field}${name}`, "no list")
  const entities = list.map((entity: unknown, n): RawSpan => {
    const [start, end, type] = isObject(entity)
      ? [entity.start, entity.end, entity.label]
      : Array.isArray(entity)
        ? entity
        : []
    return spanOf(record, `${field}${name}[${n}]`, { start, end, type })
  })
  const id = typeof labels.id === "string" || typeof labels.id === "number" ? labels.id : undefined
  return {
    line,
    id,
    text,
    entities,
    fields: otherFields(labels, ["id", "text", "ents", "entities", "sents", "tokens"])
  }
}
