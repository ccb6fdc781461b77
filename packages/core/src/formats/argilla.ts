import type { RawSpan } from "./Format.ts"
import { idOf, isObject, type JsonObject, type JsonRecord, jsonFormat, spanOf } from "./jsonFormat.ts"

/**
 * Records of Argilla 2 with a span question: `{"id", "fields": {"text"}, "responses": {question: [{"value": [{"start", "end", "label"}]}]}, "suggestions":
 * {question: {"value"}}, "status"}`. The first submitted response counts, else the suggestion; discarded records are dropped. Spans are drawn in the
 * browser: offsets are UTF-16 (those of suggestions made in Python may be code points).
 */
export const argilla = jsonFormat({
  name: "argilla",
  reads: ["offsets"],
  title: "Argilla 2: fields, responses and suggestions of a span question",
  unit: "utf16",
  fits: (value) =>
    isObject(value) && isObject(value.fields) && (isObject(value.responses) || isObject(value.suggestions)),
  document: (record) => {
    const { value, line, fail, reading } = record
    if (!isObject(value) || !isObject(value.fields)) return fail("fields", "no fields")
    if (value.status === "discarded") {
      reading.dropped("discarded")
      return undefined
    }
    const texts = Object.entries(value.fields).filter(([, field]) => typeof field === "string")
    const text = value.fields.text ?? texts[0]?.[1]
    if (typeof text !== "string") return fail("fields", "no text")
    const response = answers(value.responses).find(
      ({ status }) => status === undefined || status === null || status === "submitted"
    )
    const chosen = response ?? answers(value.suggestions)[0]
    if (response === undefined && chosen !== undefined) reading.noted("records without a response: suggestions read")
    const entities =
      chosen && (chosen.value as ReadonlyArray<JsonObject>).map((span, n) => spanOfAnswer(record, span, n))
    return { line, id: idOf(value.id), text, entities, fields: isObject(value.metadata) ? value.metadata : undefined }
  }
})

/** The answers to span questions, of every question and annotator. */
const answers = (questions: unknown): ReadonlyArray<JsonObject> =>
  (isObject(questions) ? Object.values(questions) : [])
    .flat()
    .filter(
      (answer): answer is JsonObject => isObject(answer) && Array.isArray(answer.value) && answer.value.every(isSpan)
    )

const isSpan = (value: unknown): boolean => isObject(value) && "start" in value && "label" in value

const spanOfAnswer = (record: JsonRecord, { start, end, label, score }: JsonObject, n: number): RawSpan => ({
  ...spanOf(record, `value[${n}]`, { start, end, type: label }),
  fields: typeof score === "number" ? { score } : undefined
})
