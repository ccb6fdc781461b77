import type { Sentence } from "../schema/Sentence.ts"
import { sentenceSpans } from "../text/sentences.ts"
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
