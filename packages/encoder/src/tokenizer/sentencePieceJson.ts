import { InputError } from "@nuner/core"

/** What a piece is, as SentencePiece numbers it: an ordinary one is 1. */
const UNKNOWN = 2
const CONTROL = 3
const USER_DEFINED = 4

/**
 * `tokenizer.json` of a DeBERTa-v2 or v3 from its `spm.model`, as Python's transformers converts it: a unigram model (Kudo 2018) behind SentencePiece's own
 * normalisation, `[CLS]` and `[SEP]` around a text, `[MASK]` behind the last piece. The file is a protocol buffer: sentencepiece_model.proto.
 *
 * @throws InputError for what is no such file, or another model than a unigram one
 */
export const sentencePieceJson = (bytes: Uint8Array, source: string): string => {
  const pieces: Array<readonly [piece: string, score: number, type: number]> = []
  let charsmap = new Uint8Array(0)
  let unknown = 0
  for (const field of fields(bytes, source)) {
    if (field.number === 1) pieces.push(pieceOf(field.bytes, source))
    else if (field.number === 2) {
      for (const { number, value } of fields(field.bytes, source)) {
        if (number === 3 && value !== 1)
          throw new InputError({ source, reason: "is no unigram model: other kinds are not read" })
        if (number === 40) unknown = value
      }
    } else if (field.number === 3) {
      for (const { bytes, number } of fields(field.bytes, source)) if (number === 2) charsmap = Uint8Array.from(bytes)
    }
  }
  if (pieces.length === 0) throw new InputError({ source, reason: "holds no pieces: not a SentencePiece model" })
  const idOf = (token: string): number => {
    const id = pieces.findIndex(([piece]) => piece === token)
    if (id < 0) throw new InputError({ source, reason: `has no piece ${token}: not the vocabulary of a DeBERTa` })
    return id
  }
  const added = (content: string, id: number, special: boolean) => ({
    ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }
  })
  const kept = pieces.flatMap(([piece, , type], id) =>
    type === CONTROL || type === USER_DEFINED || type === UNKNOWN ? [added(piece, id, type !== USER_DEFINED)] : []
  )
  const mask = pieces.some(([piece]) => piece === "[MASK]") ? [] : [added("[MASK]", pieces.length, true)]
  const metaspace = { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true }
  const frame = (id: string) => ({ SpecialToken: { id, type_id: 0 } })
  const special = (id: string) => ({ [id]: { id, ids: [idOf(id)], tokens: [id] } })
  return JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [...kept, ...mask],
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "Strip", strip_left: true, strip_right: true },
        ...(charsmap.length > 0
          ? [{ type: "Precompiled", precompiled_charsmap: Buffer.from(charsmap).toString("base64") }]
          : []),
        { type: "Replace", pattern: { Regex: " {2,}" }, content: " " }
      ]
    },
    pre_tokenizer: metaspace,
    post_processor: {
      type: "TemplateProcessing",
      single: [frame("[CLS]"), { Sequence: { id: "A", type_id: 0 } }, frame("[SEP]")],
      pair: [
        frame("[CLS]"),
        { Sequence: { id: "A", type_id: 0 } },
        frame("[SEP]"),
        { Sequence: { id: "B", type_id: 1 } },
        frame("[SEP]")
      ],
      special_tokens: { ...special("[CLS]"), ...special("[SEP]") }
    },
    decoder: metaspace,
    model: {
      type: "Unigram",
      unk_id: unknown,
      vocab: pieces.map(([piece, score]) => [piece, score]),
      byte_fallback: false
    }
  })
}

const pieceOf = (bytes: Uint8Array, source: string): readonly [string, number, number] => {
  let [piece, score, type] = ["", 0, 1]
  for (const field of fields(bytes, source)) {
    if (field.number === 1) piece = new TextDecoder().decode(field.bytes)
    else if (field.number === 2) score = new DataView(field.bytes.buffer, field.bytes.byteOffset).getFloat32(0, true)
    else if (field.number === 3) type = field.value
  }
  return [piece, score, type]
}

interface Field {
  readonly number: number
  /** Of a number. */
  readonly value: number
  /** Of anything else. */
  readonly bytes: Uint8Array
}

/** The fields of a message in a protocol buffer. @throws InputError where it is cut short */
function* fields(bytes: Uint8Array, source: string): Generator<Field> {
  let at = 0
  const fail = (): never => {
    throw new InputError({ source, reason: "not a SentencePiece model: the file is damaged" })
  }
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      if (at >= bytes.length || shift > 63) fail()
      const byte = bytes[at++]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  const empty = new Uint8Array(0)
  while (at < bytes.length) {
    const tag = varint()
    const [number, wire] = [Math.floor(tag / 8), tag % 8]
    if (wire === 0) yield { number, value: varint(), bytes: empty }
    else {
      const length = wire === 2 ? varint() : wire === 5 ? 4 : wire === 1 ? 8 : fail()
      if (at + length > bytes.length) fail()
      at += length
      yield { number, value: 0, bytes: bytes.subarray(at - length, at) }
    }
  }
}
