import { InputError, OutputError } from "../errors.ts"
import { writeLines } from "../files/writers.ts"
import type { TextSpan } from "../words/spans.ts"
import { asText } from "./documents.ts"
import type { Format, RawSpan } from "./Format.ts"
import { lines } from "./lines.ts"

/**
 * Text with entities in brackets, a document a line: `[Ada Lovelace|person] wrote to [Babbage|person].`, as `nuner predict` prints it. Inside of a mark, `[ ] |`
 * and the backslash are written with a backslash before them; outside, only a bracket that opens a mark, or looks like it, is; a line break is `\n`.
 */
export const marked: Format = {
  name: "marked",
  title: "text with entities in brackets, [Ada|person] wrote",
  unit: "utf16",
  needs: "entities",
  breadth: 1,
  flat: true,
  endings: ["marked"],
  recognise: ({ lines, name, shape }) => {
    if (shape !== "text") return false
    const texts = lines.filter((line) => /\S/.test(line))
    const marks = texts.filter((line) => plainMark.test(line)).length
    return marks > 0 && (marks * 4 >= texts.length || /\.marked(\.gz)?$/.test(name))
  },
  async *read(source, { malformed, noted, source: name }) {
    for await (const { number: line, text: written } of lines(source, { onMalformed: malformed })) {
      if (!/\S/.test(written)) continue
      try {
        const { isUnclear, ...document } = unmark(written)
        if (isUnclear) noted("texts with a bracket and a bar that are no mark")
        yield { line, ...document }
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        const remedy = "write [text|type]"
        malformed(new InputError({ source: name, line, reason: error.message, remedy }))
      }
    }
  },
  write: (path, documents) =>
    writeLines(path, documents, (document) => {
      const { entities, text } = asText(document)
      if (!/\S/.test(text)) throw new OutputError({ path, reason: "a text of nothing", remedy: "leave it out" })
      return markText(text, entities)
    })
}

const part = "(?:[^[\\]|\\\\]|\\\\.)"
const mark = new RegExp(`\\[(${part}*)\\|(${part}*)\\]`, "y")
const plainMark = new RegExp(`(?<!\\[)\\[${part}*\\|${part}*\\](?!\\])`)

/** Outside of marks: what looks like the beginning of one. */
const unclear = /\[[^\]]*\|/

/**
 * A text without its marks, and the spans that they were: what `markText` writes. It is unclear where a bracket and a bar outside of marks look
 * like one that was not closed, or that holds another.
 *
 * @throws SyntaxError for a mark without text or type
 */
export const unmark = (written: string): { text: string; entities: Array<RawSpan>; isUnclear: boolean } => {
  const entities: Array<RawSpan> = []
  let text = ""
  let outside = ""
  for (let at = 0; at < written.length; ) {
    mark.lastIndex = at
    const [whole, entity = "", type = ""] = (written[at] === "[" && mark.exec(written)) || []
    if (whole === undefined) {
      const escaped = /^\\[[\]|\\nr]/.exec(written.slice(at, at + 2))?.[0]
      text += escaped === undefined ? written[at] : withoutBackslashes(escaped)
      outside += escaped === undefined ? written[at] : ""
      at += escaped?.length ?? 1
      continue
    }
    if (!/\S/.test(entity) || !/\S/.test(type)) {
      throw new SyntaxError(`"${whole}" has no ${/\S/.test(entity) ? "type" : "text"}`)
    }
    const start = text.length
    text += withoutBackslashes(entity)
    entities.push({ start, end: text.length, type: withoutBackslashes(type.trim()) })
    at += whole.length
  }
  return { text, entities, isUnclear: unclear.test(outside) }
}

/** A text with its entities in brackets. Spans are UTF-16, sorted, not overlapping. */
export const markText = (text: string, spans: ReadonlyArray<TextSpan>): string => {
  const gaps = [...spans, undefined].map((span, i) => text.slice(spans[i - 1]?.end ?? 0, span?.start))
  const isUnclear = unclear.test(gaps.join(""))
  const marks = spans.map(
    ({ end, start, type }) => `[${withBackslashes(text.slice(start, end))}|${withBackslashes(type)}]`
  )
  return gaps.map((gap, i) => `${escapeOutside(gap, isUnclear)}${marks[i] ?? ""}`).join("")
}

const lineEnds: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r" }

const withBackslashes = (text: string): string =>
  text.replace(/[[\]|\\\n\r]/g, (character) => lineEnds[character] ?? `\\${character}`)

const withoutBackslashes = (text: string): string =>
  text.replace(/\\([[\]|\\nr])/g, (_, character: string) =>
    character === "n" ? "\n" : character === "r" ? "\r" : character
  )

/** Brackets outside of marks are text; they are escaped where they would be read as a mark, or look like one. */
const escapeOutside = (text: string, isUnclear: boolean): string => {
  const safe = text.replace(/\\(?=[[\]|\\nr\n\r])|\\$|[\n\r]/g, (character) => lineEnds[character] ?? "\\\\")
  return isUnclear ? safe.replaceAll("[", "\\[") : safe
}
