import type { Span } from "../schema/Span.ts"
import { asText } from "./documents.ts"
import { idOf, isObject, type JsonRecord, jsonFormat, otherFields, spanOf, withFields } from "./jsonFormat.ts"

/**
 * Prodigy's tasks: `{"text", "tokens": [{"text", "start", "end", "id"}], "spans": [{"start", "end", "token_start", "token_end", "label"}],
 * "answer"}`; the last token is included. What was not accepted is dropped. It is written in Python: offsets are code points.
 */
export const prodigy = jsonFormat({
  name: "prodigy",
  reads: ["offsets"],
  title: "Prodigy: text, spans of start, end and label, and an answer",
  unit: "codepoints",
  fits: (value) =>
    isObject(value) && typeof value.text === "string" && (Array.isArray(value.spans) || isAnswer(value.answer)),
  document: (record) => {
    const { value, line, fail, reading } = record
    if (!isObject(value) || typeof value.text !== "string") return fail("text", "no text")
    const { answer, spans, text, tokens } = value
    if (answer !== undefined && !isAnswer(answer)) return fail("answer", "is none of accept, reject and ignore")
    if (isAnswer(answer) && answer !== "accept") {
      reading.dropped(`answered ${answer}`)
      return undefined
    }
    if (spans !== undefined && spans !== null && !Array.isArray(spans)) return fail("spans", "no list")
    const entities = (spans ?? []).map((span: unknown, n: number) => {
      const field = `spans[${n}]`
      if (!isObject(span)) return fail(field, "no object")
      return {
        ...spanOf(record, field, { start: span.start, end: span.end, type: span.label }),
        fields: otherFields(span, ownSpan)
      }
    })
    return {
      line,
      id: idOf(value.id),
      text,
      tokens: tokens === undefined ? undefined : tokensOf(record, tokens),
      entities,
      fields: otherFields(value, ["id", "text", "tokens", "spans", "answer"])
    }
  },
  row: (document) => {
    const { entities, text, tokens } = asText(document, "codepoints")
    const spans = entities.map(({ start, end, type, fields }) =>
      withFields(
        {
          start,
          end,
          ...(tokens && {
            token_start: tokens.findIndex((token) => token.end > start),
            token_end: tokens.findLastIndex((token) => token.start < end)
          }),
          label: type
        },
        fields
      )
    )
    const points = tokens && Array.from(text)
    return withFields(
      {
        text,
        ...(tokens && {
          tokens: tokens.map(({ start, end }, id) => ({
            text: points!.slice(start, end).join(""),
            start,
            end,
            id,
            ws: /^\s$/.test(points![end] ?? "")
          }))
        }),
        ...(document.entities && { spans, answer: "accept" }),
        ...(document.id === undefined ? {} : { id: document.id })
      },
      document.fields
    )
  }
})

const ownSpan = ["start", "end", "token_start", "token_end", "label"]

const isAnswer = (value: unknown): value is "accept" | "reject" | "ignore" =>
  value === "accept" || value === "reject" || value === "ignore"

/** Tokens that hold nothing but white space are none of ours. */
const tokensOf = (record: JsonRecord, tokens: unknown): Array<Span> => {
  if (!Array.isArray(tokens)) return record.fail("tokens", "no list")
  return tokens.flatMap((token: unknown, n): Array<Span> => {
    if (!isObject(token)) return record.fail(`tokens[${n}]`, "no object")
    if (typeof token.text === "string" && !/\S/.test(token.text)) return []
    const { start, end } = spanOf(record, `tokens[${n}]`, { start: token.start, end: token.end, type: "token" })
    return [{ start, end }]
  })
}
