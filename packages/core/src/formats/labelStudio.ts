import { asText } from "./documents.ts"
import type { Document, Format, RawDocument, RawSpan } from "./Format.ts"
import {
  idOf,
  isObject,
  type JsonFormat,
  type JsonObject,
  type JsonRecord,
  jsonFormat,
  otherFields,
  spanOf,
  withFields
} from "./jsonFormat.ts"

const format = (name: string, title: string, list: "annotations" | "predictions", fits: JsonFormat["fits"]): Format =>
  jsonFormat({
    name,
    reads: ["offsets"],
    title,
    unit: "codepoints",
    fits,
    document: (record) => {
      const { value, fail } = record
      if (!isObject(value)) return fail("", "no object")
      return isObject(value.data) ? task(record, value, value.data) : minimalTask(record, value)
    },
    row: (document) => row(document, list),
    layout: "array"
  })

/**
 * Label Studio's export, JSON (`{"data": {"text"}, "annotations": [{"result": [{"value": {"start", "end", "labels"}}]}]}`), JSON-MIN (`{"text", "label":
 * [{"start", "end", "labels"}]}`, without a list where nothing was marked) or CSV, which has the same in its columns. Of several annotations the one
 * marked as ground truth is read, else the first that was not cancelled; where there is none, the predictions. Offsets are code points since version
 * 1.4; before, UTF-16.
 */
export const labelStudio = format("label-studio", "Label Studio: tasks with annotations", "annotations", (value) => {
  if (!isObject(value)) return false
  if (isObject(value.data)) {
    const lists = ["annotations", "completions", "predictions"]
    return typeof value.data.text === "string" || lists.some((key) => Array.isArray(value[key]))
  }
  return minimal(value) !== undefined || (typeof value.text === "string" && "perhaps")
})

/** The same, written as predictions: to import for annotators to correct. Reading it is `label-studio`. */
export const labelStudioPredictions = format(
  "label-studio-predictions",
  "Label Studio: tasks with predictions, to be corrected",
  "predictions",
  () => false
)

/** A task as it is exported in full. */
const task = (record: JsonRecord, value: JsonObject, data: JsonObject): RawDocument | undefined => {
  const { line, reading } = record
  const annotations = listOf(value.annotations ?? value.completions)
  const kept = annotations.filter(({ was_cancelled }) => was_cancelled !== true)
  const common = {
    line,
    id: idOf(data.id) ?? idOf(value.id),
    text: textOf(record, data),
    fields: otherFields(data, ["id", "text"])
  }
  if (annotations.length > 0 && kept.length === 0) {
    reading.dropped("annotations cancelled")
    return undefined
  }
  if (kept.length > 1) reading.noted("further annotations of a task passed over", kept.length - 1)
  const predictions = listOf(value.predictions)
  if (kept.length === 0 && predictions.length > 0) reading.noted("tasks without an annotation: predictions read")
  const chosen = kept.find(({ ground_truth }) => ground_truth === true) ?? kept[0] ?? predictions[0]
  return { ...common, entities: chosen && spansOf(record, listOf(chosen.result), "result") }
}

const listOf = (value: unknown): ReadonlyArray<JsonObject> => (Array.isArray(value) ? value.filter(isObject) : [])

/** `data.text`, or the one text of the task. */
const textOf = ({ fail }: JsonRecord, data: JsonObject): string => {
  if (typeof data.text === "string") return data.text
  const texts = Object.entries(data).filter(([key, value]) => key !== "id" && typeof value === "string")
  return texts.length === 1
    ? (texts[0]![1] as string)
    : fail("data", `${texts.length} texts`, 'call the text that was labelled "text"')
}

const minimalTask = (record: JsonRecord, value: JsonObject): RawDocument => {
  if (typeof value.text !== "string") return record.fail("text", "no text")
  const [name, labels] = minimal(value) ?? []
  const isAnnotated = ["annotation_id", "annotator"].some((key) => key in value)
  const entities = name === undefined ? (isAnnotated ? [] : undefined) : spansOf(record, labels!, name)
  const fields = otherFields(value, ["id", "text", name ?? ""])
  return { line: record.line, id: idOf(value.id), text: value.text, entities, fields }
}

/** The field of a record in JSON-MIN that holds its labels: named as the project's configuration names it. */
const minimal = (value: JsonObject): readonly [string, ReadonlyArray<JsonObject>] | undefined => {
  if (typeof value.text !== "string") return undefined
  const found = Object.entries(value).find(
    ([, list]) =>
      Array.isArray(list) && list.length > 0 && list.every((one) => isObject(one) && Array.isArray(one.labels))
  )
  return found as [string, ReadonlyArray<JsonObject>] | undefined
}

/** The labels among the results, one entity for each label of a region. */
const spansOf = (record: JsonRecord, results: ReadonlyArray<JsonObject>, name: string): Array<RawSpan> =>
  results.flatMap((result, n): Array<RawSpan> => {
    const value = isObject(result.value) ? result.value : result
    if (!Array.isArray(value.labels)) {
      record.reading.noted("results that are no labels of a text passed over")
      return []
    }
    return value.labels.map((type: unknown) => ({
      ...spanOf(record, `${name}[${n}]`, { start: value.start, end: value.end, type }),
      text: typeof value.text === "string" ? value.text : undefined,
      fields: typeof result.score === "number" ? { score: result.score } : undefined
    }))
  })

const row = (document: Document, list: "annotations" | "predictions"): JsonObject => {
  const { entities, text } = asText(document, "codepoints")
  const points = Array.from(text)
  const result = entities.map(({ start, end, type, fields }, n) => ({
    id: `e${n}`,
    from_name: "label",
    to_name: "text",
    type: "labels",
    value: { start, end, text: points.slice(start, end).join(""), labels: [type] },
    ...(typeof fields?.score === "number" ? { score: fields.score } : {})
  }))
  return {
    data: withFields({ text, ...(document.id === undefined ? {} : { id: document.id }) }, document.fields),
    ...(document.entities && { [list]: [list === "annotations" ? { result } : { model_version: "nuner", result }] })
  }
}
