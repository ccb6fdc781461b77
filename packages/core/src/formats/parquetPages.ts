import type { ColumnMetaData, Compressors, Encoding, FileMetaData, PageHeader, SchemaTree } from "hyparquet"
import { parquetSchema } from "hyparquet"
import { parquetHeader } from "hyparquet/src/column.js"
import { decompressPage } from "hyparquet/src/datapage.js"

/**
 * Refuses a column of a row group whose pages do not hold what their headers say. hyparquet trusts them: a run of levels that is longer than its
 * page, or blocks of no size, would keep it busy, or take memory, without an end. The layout is that of the Parquet format's `Encodings.md`.
 *
 * @param bytes the column's pages, as they stand in the file
 * @param rows of the row group
 * @throws Error that says what is wrong
 */
export const checkPages = (
  bytes: ArrayBuffer,
  { column, compressors, metadata, rows }: CheckOptions & { readonly column: ColumnMetaData }
): void => {
  const levels = levelsOf(parquetSchema(metadata), column.path_in_schema)
  const reader = { view: new DataView(bytes), offset: 0 }
  let values = 0
  while (reader.offset < bytes.byteLength - 1 && (levels.repetition > 0 || values < rows)) {
    const header = parquetHeader(reader)
    const size = header.compressed_page_size
    if (!(size >= 0 && reader.offset + size <= bytes.byteLength)) throw new Error("a page reaches past its column")
    if (!(header.uncompressed_page_size >= 0)) throw new Error("a page of less than no bytes")
    const packed = new Uint8Array(bytes, reader.offset, size)
    if (column.codec === "SNAPPY" && header.type !== "DATA_PAGE_V2") checkSnappy(packed, header.uncompressed_page_size)
    reader.offset += size
    const data = header.data_page_header ?? header.data_page_header_v2
    if (header.type !== "DATA_PAGE" && header.type !== "DATA_PAGE_V2") continue
    if (data === undefined || !(data.num_values >= 0)) throw new Error("a page of less than no values")
    values += data.num_values
    checkValues(packed, { header, levels, column, compressors })
  }
  if (values !== Number(column.num_values) || values < rows) {
    throw new Error(`${values} values of ${column.path_in_schema.join(".")}, where ${column.num_values} are announced`)
  }
}

interface CheckOptions {
  readonly metadata: FileMetaData
  readonly rows: number
  readonly compressors: Compressors
}

/** The highest levels of a column: how many of its ancestors repeat, how many of them may be absent. */
interface Levels {
  readonly repetition: number
  readonly definition: number
}

const levelsOf = (root: SchemaTree, names: ReadonlyArray<string>): Levels => {
  let repetition = 0
  let definition = 0
  let node: SchemaTree | undefined = root
  for (const name of names) {
    node = node.children.find(({ element }) => element.name === name)
    if (node === undefined) throw new Error(`no column ${names.join(".")} in the schema`)
    if (node.element.repetition_type === "REPEATED") repetition++
    if (node.element.repetition_type !== "REQUIRED") definition++
  }
  return { repetition, definition }
}

const checkSnappy = (packed: Uint8Array, size: number) => {
  if (packed.length > 0 && new Cursor(packed).varint() !== size) throw new Error("a page that unpacks to another size")
}

interface Page {
  readonly header: PageHeader
  readonly levels: Levels
  readonly column: ColumnMetaData
  readonly compressors: Compressors
}

const checkValues = (packed: Uint8Array, { column, compressors, header, levels }: Page) => {
  const size = header.uncompressed_page_size
  const second = header.type === "DATA_PAGE_V2" ? header.data_page_header_v2! : undefined
  if (second === undefined) {
    const { encoding, num_values: count } = header.data_page_header!
    const page = new Cursor(decompressPage(packed, size, column.codec, compressors))
    for (const level of [levels.repetition, levels.definition]) {
      if (level > 0) checkRuns(page.take(page.uint32()), bitsOf(level), count, true)
    }
    checkEncoded(page, { encoding, count, type: column.type })
    return
  }
  const {
    definition_levels_byte_length,
    encoding,
    num_nulls,
    num_values: count,
    repetition_levels_byte_length
  } = second
  const page = new Cursor(packed)
  const repetition = page.take(repetition_levels_byte_length)
  const definition = page.take(definition_levels_byte_length)
  if (levels.repetition > 0) checkRuns(repetition, bitsOf(levels.repetition), count, true)
  if (levels.definition > 0) checkRuns(definition, bitsOf(levels.definition), count, true)
  if (!(num_nulls >= 0 && num_nulls <= count)) throw new Error(`a page of ${count} values, ${num_nulls} of them null`)
  const rest = page.take(page.left)
  const unpacked = size - packed.length + rest.left
  if (second.is_compressed && column.codec === "SNAPPY") checkSnappy(rest.bytes, unpacked)
  const plain = second.is_compressed ? decompressPage(rest.bytes, unpacked, column.codec, compressors) : rest.bytes
  checkEncoded(new Cursor(plain), { encoding, count, type: column.type })
}

const bitsOf = (value: number): number => 32 - Math.clz32(value)

interface Encoded {
  readonly encoding: Encoding
  /** At most so many values. */
  readonly count: number
  readonly type: ColumnMetaData["type"]
}

/** The encodings whose lengths are their own: runs, and blocks of differences. What is stored plainly ends where its bytes do. */
const checkEncoded = (values: Cursor, { count, encoding, type }: Encoded) => {
  if (values.left === 0) return
  if (encoding === "RLE" || ((encoding === "PLAIN_DICTIONARY" || encoding === "RLE_DICTIONARY") && type === "BOOLEAN"))
    checkRuns(values.take(values.uint32()), 1, count)
  else if (encoding === "PLAIN_DICTIONARY" || encoding === "RLE_DICTIONARY") checkRuns(values, values.byte(), count)
  else if (encoding === "DELTA_BINARY_PACKED" || encoding === "DELTA_LENGTH_BYTE_ARRAY") checkBlocks(values, count)
  else if (encoding === "DELTA_BYTE_ARRAY") {
    checkBlocks(values, count)
    checkBlocks(values, count)
  }
}

/** Runs of one value, and of packed ones in groups of eight: none is longer than its page, and levels (`whole`) are of every value of it. */
const checkRuns = (runs: Cursor, bits: number, count: number, whole = false) => {
  if (bits > 32) throw new Error(`values of ${bits} bits`)
  let seen = 0
  while (seen < count && runs.left > 0) {
    const header = runs.varint()
    const packed = header % 2 === 1
    const length = packed ? Math.floor(header / 2) * 8 : header / 2
    if (length > (packed ? Math.ceil(count / 8) * 8 : count)) {
      throw new Error(`a run of ${length} in a page of ${count} values`)
    }
    // The last group may lack the bytes of what pads it.
    runs.skip(Math.min(packed ? (length / 8) * bits : Math.ceil(bits / 8), runs.left))
    seen += length
  }
  if (whole && seen < count) throw new Error(`levels of ${seen} values in a page of ${count}`)
}

/** Blocks of differences: their sizes are above nothing, and they end in their page. */
const checkBlocks = (blocks: Cursor, count: number) => {
  const block = blocks.varint()
  const parts = blocks.varint()
  const announced = blocks.varint()
  const part = block / parts
  if (!(parts > 0 && part > 0 && part % 8 === 0)) throw new Error(`blocks of ${block} values in ${parts} parts`)
  if (announced > count) throw new Error(`${announced} values in a page of ${count}`)
  blocks.varint()
  for (let left = announced - 1; left > 0; ) {
    blocks.varint()
    const widths = blocks.take(parts)
    for (let n = 0; n < parts && left > 0; n++, left -= part) {
      blocks.skip(Math.min((part * widths.byte()) / 8, blocks.left))
    }
  }
}

/** Bytes and a place in them; whoever reads past their end is stopped. */
class Cursor {
  readonly bytes: Uint8Array
  private at = 0
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
  get left(): number {
    return this.bytes.length - this.at
  }
  byte(): number {
    return this.take(1).bytes[0]!
  }
  uint32(): number {
    const { bytes } = this.take(4)
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  }
  /** Unsigned; up to 64 bits, the highest of them not to the last digit. */
  varint(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.byte()
      value += (byte % 128) * 2 ** shift
      if (byte < 128) return value
    }
    throw new Error("a number that does not end")
  }
  take(length: number): Cursor {
    const start = this.at
    this.skip(length)
    return new Cursor(this.bytes.subarray(start, this.at))
  }
  skip(length: number): void {
    if (!(length >= 0 && length <= this.left)) throw new Error("a page ends before its values do")
    this.at += length
  }
}
