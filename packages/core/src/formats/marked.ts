import { InputError, OutputError } from "../errors.ts"
import { writeLines } from "../files/writers.ts"
import type { TextSpan } from "../words/spans.ts"
import { asText } from "./documents.ts"
import type { Format, RawSpan } from "./Format.ts"
import { lines } from "./lines.ts"

/**
 * Text with entities in brackets, a document a line: `[Ada Lovelace|person] wrote to [Babbage|person].`, as `nuner predict` prints it. Inside of a mark, `[ ] |`
 * and the backslash are written with a backslash before them; outside, only a bracket that would open a mark is; a line break is `\n`.
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
  async *read(source, { malformed, source: name }) {
    for await (const { number: line, text: written } of lines(source, { onMalformed: malformed })) {
      if (!/\S/.test(written)) continue
      try {
        yield { line, ...unmark(written) }
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

/**
 * A text without its marks, and the spans that they were: what `markText` writes.
 *
 * @throws SyntaxError for a mark without text or type
 */
export const unmark = (written: string): { text: string; entities: Array<RawSpan> } => {
  const entities: Array<RawSpan> = []
  let text = ""
  for (let at = 0; at < written.length; ) {
    mark.lastIndex = at
    const [whole, entity = "", type = ""] = (written[at] === "[" && mark.exec(written)) || []
    if (whole === undefined) {
      const escaped = /^\\[[\]|\\nr]/.exec(written.slice(at, at + 2))?.[0]
      text += escaped === undefined ? written[at] : withoutBackslashes(escaped)
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
  return { text, entities }
}

/** A text with its entities in brackets. Spans are UTF-16, sorted, not overlapping. */
export const markText = (text: string, spans: ReadonlyArray<TextSpan>): string => {
  let out = ""
  let at = 0
  for (const { end, start, type } of spans) {
    out += `${escapeOutside(text.slice(at, start))}[${withBackslashes(text.slice(start, end))}|${withBackslashes(type)}]`
    at = end
  }
  return out + escapeOutside(text.slice(at))
}

const lineEnds: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r" }

const withBackslashes = (text: string): string =>
  text.replace(/[[\]|\\\n\r]/g, (character) => lineEnds[character] ?? `\\${character}`)

const withoutBackslashes = (text: string): string =>
  text.replace(/\\([[\]|\\nr])/g, (_, character: string) =>
    character === "n" ? "\n" : character === "r" ? "\r" : character
  )

/** Brackets outside of marks are text; they are escaped where they would be read as a mark. */
const escapeOutside = (text: string): string => {
  const safe = text.replace(/\\(?=[[\]|\\nr])|\\$|[\n\r]/g, (character) => lineEnds[character] ?? "\\\\")
  mark.lastIndex = 0
  return new RegExp(mark, "").test(safe) ? safe.replaceAll("[", "\\[") : safe
}
