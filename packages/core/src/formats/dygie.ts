import type { RawDocument, RawSpan } from "./Format.ts"
import { idOf, isObject, isStrings, jsonFormat } from "./jsonFormat.ts"

/**
 * DyGIE, as SciERC and PL-Marker have it: `{"doc_key", "sentences": [[word, ..], ..], "ner": [[[first, last, type], ..], ..]}`, words counted through the
 * whole document, the last one included. A sentence is a text of its own, its id that of the document and its number. Relations, events and
 * clusters are passed over.
 */
export const dygie = jsonFormat({
  name: "dygie",
  title: "DyGIE, SciERC: sentences of words, and ner of first word, last word and type",
  unit: "utf16",
  fits: (value) => isObject(value) && areWords(value.sentences) && ("ner" in value || "doc_key" in value),
  *document({ fail, line, value }): Generator<RawDocument> {
    if (!isObject(value) || !areWords(value.sentences)) return fail("sentences", "no list of lists of words")
    const { ner, sentences } = value
    const id = idOf(value.doc_key)
    let before = 0
    for (const [n, words] of sentences.entries()) {
      const named: unknown = Array.isArray(ner) ? ner[n] : undefined
      if (ner !== undefined && !Array.isArray(named)) return fail(`ner[${n}]`, "no list of the sentence's entities")
      const entities = (named as ReadonlyArray<unknown> | undefined)?.map((entity, i): RawSpan => {
        const [first, last, type] = Array.isArray(entity) ? entity : []
        const field = `ner[${n}][${i}]`
        if (!Number.isInteger(first) || !Number.isInteger(last) || typeof type !== "string" || type === "") {
          return fail(field, "no first word, last word and type")
        }
        if (first < before || first > last || last >= before + words.length) {
          const reason = `words ${first} to ${last} are not in its sentence, which has ${before} to ${before + words.length - 1}`
          return fail(field, reason, "words are counted through the document, the last one included")
        }
        return { start: first - before, end: last + 1 - before, type }
      })
      before += words.length
      if (words.length > 0) yield { line, ...(id !== undefined && { id: `${id}-${n}` }), words, entities }
    }
  }
})

const areWords = (value: unknown): value is ReadonlyArray<ReadonlyArray<string>> =>
  Array.isArray(value) && value.length > 0 && value.every(isStrings)
