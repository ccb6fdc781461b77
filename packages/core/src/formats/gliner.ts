import { asWords } from "./documents.ts"
import type { RawSpan } from "./Format.ts"
import { idOf, isObject, isStrings, jsonFormat, otherFields, withFields } from "./jsonFormat.ts"

/**
 * The training format of GLiNER: `{"tokenized_text": [..], "ner": [[first, last, type], ..]}`, the last word included. Types are open, and entities may
 * overlap.
 */
export const gliner = jsonFormat({
  name: "gliner",
  title: "GLiNER: tokenized_text, and ner of first word, last word and type",
  unit: "utf16",
  needs: "entities",
  fits: (value) => isObject(value) && "tokenized_text" in value,
  document: ({ fail, line, value }) => {
    if (!isObject(value) || !isStrings(value.tokenized_text)) return fail("tokenized_text", "no list of words")
    const words = value.tokenized_text
    const { ner } = value
    if (!Array.isArray(ner)) return fail("ner", "no list of entities")
    const entities = ner.map((entity: unknown, n): RawSpan => {
      const [first, last, type] = Array.isArray(entity) ? entity : []
      if (!Number.isInteger(first) || !Number.isInteger(last) || typeof type !== "string" || type === "") {
        return fail(`ner[${n}]`, "no first word, last word and type")
      }
      if (first < 0 || first > last || last >= words.length) {
        const reason = `words ${first} to ${last} are not in a sentence of ${words.length}`
        return fail(`ner[${n}]`, reason, "the last word is included")
      }
      return { start: first, end: last + 1, type }
    })
    return { line, id: idOf(value.id), words, entities, fields: otherFields(value, ["id", "tokenized_text", "ner"]) }
  },
  row: (document) => {
    const { entities, id, words } = asWords(document)
    const ner = entities.map(({ end, start, type }) => [start, end - 1, type])
    return withFields({ ...(id === undefined ? {} : { id }), tokenized_text: words, ner }, document.fields)
  },
  layout: "array"
})
