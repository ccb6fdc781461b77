import { deflateSync, inflateSync } from "node:zlib"
import { InputError, OutputError } from "../errors.ts"
import { refuseGzip, writeAtomic } from "../files/writeAtomic.ts"
import type { Span } from "../schema/Span.ts"
import { overlap } from "../tags/toTags.ts"
import { messageOf } from "../thrown.ts"
import { words } from "../words/words.ts"
import { asText } from "./documents.ts"
import type { Document, Format, RawDocument, RawSpan, Reading } from "./Format.ts"
import { isObject, isStrings, type JsonObject } from "./jsonFormat.ts"
import { chunks, type Source } from "./Source.ts"
import { hashOf, spacySymbols } from "./spacyStrings.ts"

/**
 * spaCy's DocBin (`.spacy`): the tokens of documents as a table of 64-bit attributes, strings by their hash; MessagePack, packed with zlib. A text is its
 * tokens, with a space behind those that have one, so tokens cover it, white space included. Entities are ENT_IOB (3 begins, 1 goes on, 2 is
 * outside, 0 not labelled) and ENT_TYPE. Span groups are passed over. The file is read and written in memory.
 */
export const spacyDocBin: Format = {
  name: "spacy",
  title: "spaCy: DocBin (.spacy)",
  unit: "utf16",
  endings: ["spacy"],
  flat: true,
  recognise: ({ shape, bytes }) => shape === "binary" && bytes[0] === 0x78,
  async *read(source, reading) {
    const bin = await open(source, reading)
    yield* documentsOf(bin, reading)
  },
  write: async (path, documents) => {
    refuseGzip(path, "DocBin")
    const bytes = await pack(path, documents)
    await writeAtomic(path, [bytes.packed])
    return bytes.count
  }
}

interface DocBin {
  readonly attributes: ReadonlyArray<number>
  /** Rows of `attributes`, a row a token. */
  readonly tokens: BigUint64Array
  readonly spaces: Uint8Array
  /** Tokens of each document. */
  readonly lengths: Int32Array
  readonly strings: ReadonlyArray<string>
  /** Documents with groups of spans. */
  readonly grouped: number
}

const ORTH = spacySymbols.get("ORTH")!
const ENT_IOB = spacySymbols.get("ENT_IOB")!
const ENT_TYPE = spacySymbols.get("ENT_TYPE")!
/** A group of no spans, and a document without groups: both fit in a byte or two. */
const EMPTY_GROUPS = 2

const open = async (source: Source, { source: name }: Reading): Promise<DocBin> => {
  const fail = (reason: string): never => {
    throw new InputError({
      source: name,
      reason: `no DocBin of spaCy: ${reason}`,
      remedy: "write it again: DocBin.to_disk"
    })
  }
  const parts: Array<Uint8Array> = []
  for await (const chunk of chunks(source))
    parts.push(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk)
  const { decode } = await import("@msgpack/msgpack")
  let value: unknown
  try {
    value = decode(inflateSync(Buffer.concat(parts)))
  } catch (cause) {
    return fail(messageOf(cause))
  }
  const { attrs, lengths, span_groups, spaces, strings, tokens }: JsonObject = isObject(value) ? value : {}
  const isBytes = (field: unknown): field is Uint8Array => field instanceof Uint8Array
  if (!Array.isArray(attrs) || !isStrings(strings) || !isBytes(tokens) || !isBytes(lengths) || !isBytes(spaces)) {
    return fail("it lacks attrs, tokens, spaces, lengths or strings")
  }
  if (tokens.length % 8 !== 0 || lengths.length % 4 !== 0) return fail("its tables are cut off")
  // A copy, for the alignment that the wider type wants.
  const table = new BigUint64Array(new Uint8Array(tokens).buffer)
  const counts = new Int32Array(new Uint8Array(lengths).buffer)
  const total = counts.reduce((sum, length) => sum + length, 0)
  if (counts.some((length) => length < 0) || table.length !== total * attrs.length || spaces.length !== total) {
    return fail(`${total} tokens in its documents, ${table.length / attrs.length} in its table`)
  }
  if (![ORTH, ENT_IOB, ENT_TYPE].every((attribute) => attrs.includes(attribute))) {
    return fail("it lacks ORTH, ENT_IOB or ENT_TYPE among its attributes")
  }
  const groups = Array.isArray(span_groups)
    ? span_groups.filter((group) => isBytes(group) && group.length > EMPTY_GROUPS)
    : []
  return { attributes: attrs, tokens: table, spaces, lengths: counts, strings, grouped: groups.length }
}

function* documentsOf(bin: DocBin, reading: Reading): Generator<RawDocument> {
  const { attributes, grouped, lengths, spaces, strings, tokens } = bin
  if (grouped > 0) reading.noted("documents whose span groups are passed over", grouped)
  const byKey = new Map(strings.map((string) => [keyOf(string), string]))
  for (const [name, id] of spacySymbols) byKey.set(BigInt(id), name)
  const column = (attribute: number) => {
    const at = attributes.indexOf(attribute)
    return (row: number): bigint => tokens[row * attributes.length + at]!
  }
  const [orth, iob, type] = [column(ORTH), column(ENT_IOB), column(ENT_TYPE)]
  let row = 0
  for (const [index, length] of lengths.entries()) {
    const line = index + 1
    const rows = Array.from({ length }, (_, n) => row + n)
    row += length
    const words = rows.map((at) => byKey.get(orth(at)))
    const unknown = words.indexOf(undefined)
    if (unknown >= 0) {
      const reason = `the string of its token ${unknown} is missing`
      reading.malformed(new InputError({ source: reading.source, line, field: "strings", reason }))
      continue
    }
    let text = ""
    const places = rows.map((at, n): Span => {
      const start = text.length
      text += words[n]! + (spaces[at] === 0 ? "" : " ")
      return { start, end: start + words[n]!.length }
    })
    const entities: Array<RawSpan> = []
    let labelled = false
    for (const [n, at] of rows.entries()) {
      const code = Number(iob(at))
      labelled ||= code !== 0
      const name = byKey.get(type(at)) ?? ""
      const open = entities.at(-1)
      if (code === 1 && open !== undefined && n > 0 && open.end === places[n - 1]!.end) {
        entities[entities.length - 1] = { ...open, end: places[n]!.end }
      } else if ((code === 3 || code === 1) && name !== "") entities.push({ ...places[n]!, type: name })
    }
    yield {
      line,
      text,
      tokens: places.filter(({ start, end }) => /\S/.test(text.slice(start, end))),
      entities: labelled ? entities : undefined
    }
  }
}

/** How spaCy's table stands for a string: by number where it is one of its symbols, else by hash; nothing is 0. */
const keyOf = (string: string): bigint => {
  const symbol = spacySymbols.get(string)
  return symbol === undefined ? hashOf(string) : BigInt(symbol)
}

const pack = async (
  path: string,
  documents: AsyncIterable<Document>
): Promise<{ readonly packed: Uint8Array; readonly count: number }> => {
  const table: Array<bigint> = []
  const spaces: Array<number> = []
  const lengths: Array<number> = []
  const keys = new Map<string, bigint>([["", 0n]])
  const key = (string: string): bigint => {
    let found = keys.get(string)
    if (found === undefined) {
      found = keyOf(string)
      keys.set(string, found)
    }
    return found
  }
  for await (const document of documents) {
    const { text, tokens, entities } = covered(document)
    const twice = overlap(entities)
    if (twice !== undefined) {
      const reason = `document ${document.id ?? lengths.length}: entity ${JSON.stringify(text.slice(twice.start, twice.end))} overlaps another`
      throw new OutputError({
        path,
        reason,
        remedy: "spaCy has one entity a token: --overlap longest or drop, or --to spacy-json"
      })
    }
    let next = 0
    for (const { start, end, space } of tokens) {
      while (next < entities.length && entities[next]!.end <= start) next++
      const entity = entities[next] !== undefined && entities[next]!.start <= start ? entities[next] : undefined
      const code = document.entities === undefined ? 0n : entity === undefined ? 2n : entity.start === start ? 3n : 1n
      table.push(key(text.slice(start, end)), code, entity === undefined ? 0n : key(entity.type))
      spaces.push(space ? 1 : 0)
    }
    lengths.push(tokens.length)
  }
  const { encode } = await import("@msgpack/msgpack")
  const count = lengths.length
  const body = {
    version: "0.1",
    attrs: [ORTH, ENT_IOB, ENT_TYPE],
    tokens: new Uint8Array(BigUint64Array.from(table).buffer),
    spaces: Uint8Array.from(spaces),
    lengths: new Uint8Array(Int32Array.from(lengths).buffer),
    strings: [...keys.keys()].sort(),
    cats: Array.from({ length: count }, () => ({})),
    flags: Array.from({ length: count }, () => ({ has_unknown_spaces: false })),
    span_groups: Array.from({ length: count }, () => new Uint8Array([0x90]))
  }
  return { packed: deflateSync(encode(body)), count }
}

/** A document's text in tokens that cover it: its words, divided where an entity begins or ends, and what stands between them. */
const covered = (document: Document) => {
  const { text, entities, tokens } = asText(document)
  const edges = [...new Set([...(tokens ?? words(text)), ...entities].flatMap(({ start, end }) => [start, end]))].sort(
    (a, b) => a - b
  )
  return { text, entities, tokens: tokensBetween(text, edges) }
}

/** Tokens from edge to edge; a single space behind a token is its own. */
const tokensBetween = (text: string, edges: ReadonlyArray<number>): Array<Span & { readonly space: boolean }> => {
  const found: Array<Span & { readonly space: boolean }> = []
  const all = [...new Set([0, ...edges, text.length])].sort((a, b) => a - b)
  for (let i = 0; i + 1 < all.length; i++) {
    const start = all[i]!
    const end = all[i + 1]!
    const gap = text.slice(start, end)
    const before = found.at(-1)
    if (gap[0] === " " && before !== undefined && before.end === start && !before.space) {
      found[found.length - 1] = { ...before, space: true }
      if (end > start + 1) found.push({ start: start + 1, end, space: false })
    } else found.push({ start, end, space: false })
  }
  return found
}
