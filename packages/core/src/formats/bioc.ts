import type { XmlElement } from "@rgrove/parse-xml"
import { InputError } from "../errors.ts"
import type { Format, RawDocument, RawSpan, Reading } from "./Format.ts"
import { idOf, isObject, isOffset, type JsonObject, jsonFormat } from "./jsonFormat.ts"
import { lines } from "./lines.ts"

/** An annotation of BioC, of either syntax. Offsets count in the document. */
export interface Annotation {
  readonly type: unknown
  readonly text: unknown
  readonly locations: ReadonlyArray<{ readonly offset: unknown; readonly length: unknown }>
}

/** A passage, or a sentence of one. */
interface Passage {
  readonly offset: unknown
  readonly text: unknown
  readonly annotations: ReadonlyArray<Annotation>
}

/**
 * BioC in XML: `<document><passage><offset/><text/><annotation>`. A passage is a text of its own, its id that of the document and its number.
 * Offsets are code points. Annotations in several pieces are left out and counted; relations are passed over. A document is in memory at a time.
 */
export const biocXml: Format = {
  name: "bioc-xml",
  reads: ["offsets"],
  title: "BioC, in XML",
  unit: "codepoints",
  recognise: ({ shape, lines }) =>
    shape === "text" && /^\s*</.test(lines[0] ?? "") && lines.some((line) => /<collection\b/.test(line)),
  async *read(source, reading) {
    const { parseXml, XmlError } = await import("@rgrove/parse-xml")
    for await (const { text, line } of xmlDocuments(source, reading)) {
      try {
        const { root } = parseXml(text)
        if (root !== null) yield* passagesOf(child(root, "id")?.text, xmlPassages(root), line, reading)
      } catch (cause) {
        if (cause instanceof InputError) reading.malformed(cause)
        else if (cause instanceof XmlError) {
          const reason = `not XML: ${cause.message.split("\n")[0]!.replace(/ \(line \d+, column \d+\)/, "")}`
          reading.malformed(new InputError({ source: reading.source, line: line + cause.line - 1, reason }))
        } else throw cause
      }
    }
  }
}

/** BioC in JSON: a collection `{"documents": [{"id", "passages": [..]}]}`, or its documents, one a record. As `biocXml` otherwise. */
export const biocJson: Format = jsonFormat({
  name: "bioc-json",
  reads: ["offsets"],
  title: "BioC, in JSON",
  unit: "codepoints",
  fits: (value) => isObject(value) && documentsOf(value) !== undefined,
  *document({ line, reading, value, fail }) {
    const documents = isObject(value) ? documentsOf(value) : undefined
    if (documents === undefined) return fail("documents", "no documents of passages")
    for (const document of documents) yield* passagesOf(document.id, jsonPassages(document), line, reading)
  }
})

const documentsOf = (value: JsonObject): ReadonlyArray<JsonObject> | undefined => {
  if (Array.isArray(value.passages)) return value.passages.some(isInPieces) ? undefined : [value]
  const list = Object.values(value).find(
    (field) => Array.isArray(field) && field.some((one) => isObject(one) && Array.isArray(one.passages))
  )
  return list === undefined ? undefined : objects(list)
}

/** A passage of BigBIO, whose text is a list. */
const isInPieces = (passage: unknown): boolean => isObject(passage) && Array.isArray(passage.text)

const objects = (value: unknown): ReadonlyArray<JsonObject> => (Array.isArray(value) ? value.filter(isObject) : [])

/** The passages of a document, or the sentences of those whose text stands there. */
const jsonPassages = (document: JsonObject): ReadonlyArray<Passage> =>
  objects(document.passages)
    .flatMap((passage) => (passage.text === undefined || passage.text === "" ? objects(passage.sentences) : [passage]))
    .map(({ annotations, offset, text }) => ({
      offset,
      text,
      annotations: objects(annotations).map((annotation) => ({
        type: isObject(annotation.infons) ? annotation.infons.type : undefined,
        text: annotation.text,
        locations: objects(annotation.locations).map(({ length, offset }) => ({ length, offset }))
      }))
    }))

const xmlPassages = (document: XmlElement): ReadonlyArray<Passage> =>
  children(document, "passage")
    .flatMap((passage) => (child(passage, "text") === undefined ? children(passage, "sentence") : [passage]))
    .map((passage) => ({
      offset: Number(child(passage, "offset")?.text),
      text: child(passage, "text")?.text,
      annotations: children(passage, "annotation").map((annotation) => ({
        type: children(annotation, "infon").find(({ attributes }) => attributes.key === "type")?.text,
        text: child(annotation, "text")?.text,
        locations: children(annotation, "location").map(({ attributes }) => ({
          offset: Number(attributes.offset),
          length: Number(attributes.length)
        }))
      }))
    }))

const children = (element: XmlElement, name: string): ReadonlyArray<XmlElement> =>
  element.children.filter((node): node is XmlElement => node.type === "element" && (node as XmlElement).name === name)

const child = (element: XmlElement, name: string): XmlElement | undefined => children(element, name)[0]

/** The passages of a document as texts of their own. @throws InputError */
export function* passagesOf(
  id: unknown,
  passages: ReadonlyArray<Passage>,
  line: number,
  reading: Reading
): Generator<RawDocument> {
  for (const [n, { annotations, offset, text }] of passages.entries()) {
    const fail = (field: string, reason: string): never => {
      throw new InputError({ source: reading.source, line, field: `passages[${n}].${field}`, reason })
    }
    if (text === undefined || text === null || text === "") {
      reading.noted("passages without text passed over")
      continue
    }
    if (typeof text !== "string") return fail("text", "no text")
    if (!isOffset(offset)) return fail("offset", "no whole number")
    const entities = annotations.flatMap((annotation, m): Array<RawSpan> => {
      const [location, further] = annotation.locations
      if (further !== undefined) {
        reading.noted("entities in several pieces left out")
        return []
      }
      const { type } = annotation
      if (location === undefined || !isOffset(location.offset) || !isOffset(location.length)) {
        return fail(`annotations[${m}].location`, "no offset and length")
      }
      if (typeof type !== "string" || type === "") return fail(`annotations[${m}].infon`, "no type")
      const start = location.offset - offset
      const covered = typeof annotation.text === "string" ? annotation.text : undefined
      return [{ start, end: start + location.length, type, text: covered }]
    })
    yield { line, id: idOf(id) === undefined ? undefined : `${idOf(id)}-${n}`, text, entities }
  }
}

/** The texts of the documents of a collection, without reading all of it. */
async function* xmlDocuments(
  source: Parameters<typeof lines>[0],
  reading: Reading
): AsyncGenerator<{ readonly text: string; readonly line: number }> {
  let held: Array<string> | undefined
  let line = 0
  for await (const { text, number } of lines(source, { onMalformed: reading.malformed })) {
    let rest = text
    for (;;) {
      if (held === undefined) {
        const start = /<document(?=[\s>])/.exec(rest)
        if (start === null) break
        held = []
        line = number
        rest = rest.slice(start.index)
      }
      const end = rest.indexOf(closing)
      if (end < 0) {
        held.push(rest)
        break
      }
      held.push(rest.slice(0, end + closing.length))
      yield { text: held.join("\n"), line }
      held = undefined
      rest = rest.slice(end + closing.length)
    }
  }
  if (held !== undefined) {
    reading.malformed(
      new InputError({
        source: reading.source,
        line,
        reason: "the document has no end",
        remedy: "fetch the file again"
      })
    )
  }
}
const closing = "</document>"
