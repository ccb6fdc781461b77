import type { Sentence } from "../schema/Sentence.ts"
import { sentenceSpans } from "../words/sentences.ts"
import { asText } from "./documents.ts"
import type { Document } from "./Format.ts"
import { type Data, type OpenOptions, openData } from "./openData.ts"
import { type Source, stem } from "./Source.ts"

/** A sentence, and the document that it is of. */
export interface DocumentSentence extends Sentence {
  /** Where it begins in the text of its document, in UTF-16 units. */
  readonly start: number
  readonly document: Document
}

/** A data file of any format, open: its sentences. */
export interface SentenceData extends Omit<Data, "documents"> {
  readonly sentences: AsyncGenerator<DocumentSentence>
}

/**
 * Opens a file as raw text. A record with an id of its own is one sentence, as are words and what is annotated; any other text is split into sentences, none of which
 * crosses a line break. Their ids are `name-document-sentence` (`news-0012-003`), counted from 0 and padded so that they sort; the number
 * of a document also counts those that were left out.
 */
export const openSentences = async (source: Source, options: OpenOptions = {}): Promise<SentenceData> => {
  const { documents, format, report } = await openData(source, { ...options, textOnly: true })
  const name = stem(source)
  const sentences = async function* (): AsyncGenerator<DocumentSentence> {
    for await (const document of documents) {
      const index = report.documents + report.malformed + sum(report.dropped) - 1
      yield* sentencesOf(document, `${name}-${String(index).padStart(4, "0")}`)
    }
  }
  return { format, report, sentences: sentences() }
}

/** The sentences of a document; `id` is its own where it has none. */
function* sentencesOf(document: Document, id: string): Generator<DocumentSentence> {
  const { text } = asText(document)
  if (document.id !== undefined || document.words !== undefined || document.annotations !== undefined) {
    yield { id: document.id ?? id, text, start: 0, document }
    return
  }
  let index = 0
  for (const { 0: line, index: at } of text.matchAll(/[^\r\n]+/g)) {
    if (!/\S/.test(line)) continue
    for (const { start, end } of sentenceSpans(line)) {
      const ided = `${id}-${String(index++).padStart(3, "0")}`
      yield { id: ided, text: line.slice(start, end), start: at + start, document }
    }
  }
}

const sum = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((total, n) => total + n, 0)

/** The sentences of a file of any format, as raw text: see `openSentences`. @throws InputError with file and line */
export async function* readSentences(source: Source, options: OpenOptions = {}): AsyncGenerator<Sentence> {
  for await (const { id, text } of (await openSentences(source, options)).sentences) yield { id, text }
}
