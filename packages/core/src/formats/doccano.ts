import { asText } from "./documents.ts"
import type { RawSpan } from "./Format.ts"
import { idOf, isObject, type JsonObject, type JsonRecord, jsonFormat, otherFields, withFields } from "./jsonFormat.ts"

/**
 * doccano's JSON Lines: `{"id", "text", "label": [[start, end, type], ..]}` (`labels` before 1.0), or, with relations, `{"text", "entities": [{"id", "label",
 * "start_offset", "end_offset"}]}`. It is written in Python: offsets are code points.
 */
export const doccano = jsonFormat({
  name: "doccano",
  reads: ["offsets"],
  title: "doccano: label triples, or entities of start_offset and end_offset",
  unit: "codepoints",
  fits: (value) => {
    if (!isObject(value) || typeof value.text !== "string") return false
    const [name, list] = listOf(value) ?? []
    return name === "entities" && list?.length === 0 ? "perhaps" : name !== undefined
  },
  document: (record) => {
    const { value, line, fail } = record
    if (!isObject(value) || typeof value.text !== "string") return fail("text", "no text")
    const found = listOf(value)
    if (found === undefined) return fail("label", "no labels", "triples of start, end and type, or objects of them")
    const [name, list] = found
    const entities = list.map((label, n) => spanOf(record, label, `${name}[${n}]`))
    return { line, id: idOf(value.id), text: value.text, entities, fields: otherFields(value, ["id", "text", name]) }
  },
  row: (document) => {
    const { text, entities } = asText(document, "codepoints")
    const label = document.entities && entities.map(({ start, end, type }) => [start, end, type])
    return withFields({ ...(document.id === undefined ? {} : { id: document.id }), text, label }, document.fields)
  }
})

const listOf = ({ entities, label, labels }: JsonObject): readonly [string, ReadonlyArray<unknown>] | undefined => {
  if (Array.isArray(label) && label.every(isTriple)) return ["label", label]
  if (Array.isArray(labels) && labels.every(isTriple)) return ["labels", labels]
  return Array.isArray(entities) && entities.every(isStandoff) ? ["entities", entities] : undefined
}

const isTriple = (value: unknown): boolean => Array.isArray(value) && value.length === 3

const isStandoff = (value: unknown): boolean => isObject(value) && "start_offset" in value

const spanOf = ({ fail }: JsonRecord, value: unknown, field: string): RawSpan => {
  const [start, end, type] = isObject(value)
    ? [value.start_offset, value.end_offset, value.label]
    : (value as Array<unknown>)
  if (typeof start !== "number" || typeof end !== "number" || typeof type !== "string") {
    return fail(field, "no label of start, end and type")
  }
  return { start, end, type }
}
