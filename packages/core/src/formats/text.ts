import type { Sentence } from "../schema/Sentence.ts"
import { sentenceSpans } from "../words/sentences.ts"
import type { Format, RawDocument } from "./Format.ts"
import { lines } from "./lines.ts"
import type { Malformed } from "./Malformed.ts"
import { type Source, stem } from "./Source.ts"

export interface TextOptions extends Malformed {
  /** What ends a paragraph. Files that wrap their lines need "blank-line"; a line break inside a paragraph becomes a space. */
  readonly paragraphs?: "line" | "blank-line"
  /** The first part of every id; by default the file's name without folder and extension. */
  readonly ids?: string
}

/**
 * The sentences of a plain English text. A paragraph is a document of its own: ids are `name-paragraph-sentence`
 * (`news-0012-003`), counted from 0 and padded so that they sort.
 */
export async function* readText(source: Source, options: TextOptions = {}): AsyncGenerator<Sentence> {
  const { paragraphs = "line", ids = stem(source) } = options
  let index = 0
  let held: Array<string> = []
  for await (const { text } of lines(source, options)) {
    const blank = isBlank(text)
    if (!blank) held.push(text)
    if (held.length > 0 && (blank || paragraphs === "line")) {
      yield* sentencesOf(held.join(" "), documentId(ids, index++))
      held = []
    }
  }
  if (held.length > 0) yield* sentencesOf(held.join(" "), documentId(ids, index))
}

/** The sentences of a document, line by line: no sentence crosses a line break. */
export function* sentencesOf(document: string, id: string): Generator<Sentence> {
  let index = 0
  for (const line of document.split(/\r?\n/)) {
    if (isBlank(line)) continue
    for (const { start, end } of sentenceSpans(line)) {
      yield { id: `${id}-${String(index++).padStart(3, "0")}`, text: line.slice(start, end) }
    }
  }
}

export const documentId = (prefix: string, index: number): string => `${prefix}-${String(index).padStart(4, "0")}`

const isBlank = (text: string): boolean => !/\S/.test(text)

/** Plain text: a paragraph is a document. Read where nothing else recognises the content. */
export const text: Format = {
  name: "text",
  title: "plain text, a paragraph a line (or between blank lines)",
  unit: "utf16",
  fallback: true,
  recognise: ({ shape }) => shape === "text",
  async *read(source, { malformed, options }) {
    let held: Array<string> = []
    let line = 0
    const paragraph = (): RawDocument => ({ line, text: held.join(options.paragraphs === "line" ? " " : "\n") })
    for await (const { number, text } of lines(source, { onMalformed: malformed })) {
      const blank = isBlank(text)
      if (!blank) {
        if (held.length === 0) line = number
        held.push(text)
      }
      if (held.length > 0 && (blank || options.paragraphs === "line")) {
        yield paragraph()
        held = []
      }
    }
    if (held.length > 0) yield paragraph()
  }
}
