import { type Annotation, passagesOf } from "./bioc.ts"
import { isObject, isStrings, type JsonObject, type JsonRecord, jsonFormat } from "./jsonFormat.ts"

/**
 * BigBIO's knowledge bases: `{"document_id", "passages": [{"text": [..], "offsets": [[start, end]]}], "entities": [{"type", "text": [..], "offsets":
 * [[start, end], ..]}]}`. A passage is a text of its own, its id that of the document and its number. Offsets are code points in the document.
 * Entities in several pieces, or in no passage, are left out and counted; events and relations are passed over.
 */
export const bigBio = jsonFormat({
  name: "bigbio",
  reads: ["offsets"],
  title: "BigBIO: passages and entities of lists of texts and offsets",
  unit: "codepoints",
  fits: (value) => isObject(value) && isPassages(value.passages) && Array.isArray(value.entities),
  document: ({ fail, line, reading, value }) => {
    if (!isObject(value) || !isPassages(value.passages)) return fail("passages", "no passages of text and offsets")
    if (!Array.isArray(value.entities)) return fail("entities", "no list of entities")
    const passages = value.passages.map((passage, n) => {
      const [[start, end]] = offsetsOf(passage, `passages[${n}]`, fail)
      return { offset: start, end, text: passage.text.join(" "), annotations: [] as Array<Annotation> }
    })
    for (const [n, entity] of value.entities.entries()) {
      const field = `entities[${n}]`
      if (!isObject(entity)) return fail(field, "no entity")
      const offsets = offsetsOf(entity, field, fail)
      const [[start, end]] = offsets
      const passage = passages.find((passage) => start >= passage.offset && end <= passage.end)
      const text = isStrings(entity.text) ? entity.text[0] : undefined
      const locations = offsets.map(([offset, end]) => ({ offset, length: end - offset }))
      if (passage === undefined) reading.noted("entities in no passage left out")
      else passage.annotations.push({ type: entity.type, text, locations })
    }
    return passagesOf(value.document_id ?? value.id, passages, line, reading)
  }
})

interface InPieces extends JsonObject {
  readonly text: ReadonlyArray<string>
}

const isPassages = (value: unknown): value is ReadonlyArray<InPieces> =>
  Array.isArray(value) && value.length > 0 && value.every((one) => isObject(one) && isStrings(one.text))

type Offsets = readonly [readonly [number, number], ...ReadonlyArray<readonly [number, number]>]

const offsetsOf = ({ offsets }: JsonObject, field: string, fail: JsonRecord["fail"]): Offsets => {
  const isPair = (pair: unknown) => Array.isArray(pair) && pair.length === 2 && pair.every(Number.isInteger)
  if (Array.isArray(offsets) && offsets.length > 0 && offsets.every(isPair)) return offsets as unknown as Offsets
  return fail(`${field}.offsets`, "no list of start and end")
}
