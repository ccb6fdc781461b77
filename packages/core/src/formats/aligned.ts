import { AlignedSentence } from "../schema/Mention.ts"
import { asText } from "./documents.ts"
import type { Document } from "./Format.ts"
import { peek } from "./Head.ts"
import { isObject } from "./jsonFormat.ts"
import { readJsonl } from "./jsonl.ts"
import { checkLabelled } from "./labelled.ts"
import { type DataReport, type OpenOptions, openData } from "./openData.ts"
import { type Source, stem } from "./Source.ts"

/** A file of concepts in their places, open. */
export interface AlignedData {
  readonly report: DataReport
  /** To be read once. @throws InputError with file and line */
  readonly sentences: AsyncGenerator<AlignedSentence>
}

/** Opens what concepts are learned from: aligned sentences as they are, or labelled data of any format, whose types are the concepts. @throws InputError */
export const openAligned = async (given: Source, options: OpenOptions = {}): Promise<AlignedData> => {
  const { head, source } = await peek(given)
  if (options.format === undefined && head.records.some((row) => isObject(row) && Array.isArray(row.mentions))) {
    return openOwn(source, head.name, options)
  }
  const { documents, format, report } = await openData(source, options)
  const sentences = async function* () {
    let index = 0
    for await (const document of documents) {
      checkLabelled(document, report.source, format.name)
      yield alignedOf(document, `${stem(source)}-${index++}`)
    }
  }
  return { report, sentences: sentences() }
}

/** What `nuner align` writes, read straight: there are millions. */
const openOwn = (source: Source, name: string, { malformed, onMalformed }: OpenOptions): AlignedData => {
  const counts = { documents: 0, malformed: 0, labelled: 0 }
  const entities = new Map<string, number>()
  const none = new Map<string, number>()
  const report = { source: name, format: "aligned", details: [], ...counts, dropped: none, noted: none, entities }
  const skip = {
    onMalformed: (error: Parameters<NonNullable<OpenOptions["onMalformed"]>>[0]) => {
      report.malformed++
      onMalformed?.(error)
    }
  }
  const sentences = async function* () {
    for await (const sentence of readJsonl(source, AlignedSentence, malformed === "skip" ? skip : {})) {
      report.documents++
      report.labelled++
      for (const { concept } of sentence.mentions) entities.set(concept, (entities.get(concept) ?? 0) + 1)
      yield sentence
    }
  }
  return { report, sentences: sentences() }
}

const alignedOf = (document: Document, name: string): AlignedSentence => {
  const { entities, text } = asText(document)
  const mentions = entities.map(({ end, fields = {}, start, type }) => ({
    ...{ start, end, concept: type, match: "exact" as const },
    ...(typeof fields.description === "string" ? { description: fields.description } : {})
  }))
  return { id: document.id ?? name, text, mentions }
}
