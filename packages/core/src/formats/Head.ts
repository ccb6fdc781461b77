import { binaryKind } from "./binaryKind.ts"
import { parseJson } from "./jsonl.ts"
import { lineBlocks } from "./lines.ts"
import { parquetRows } from "./parquet.ts"
import { jsonTexts } from "./records.ts"
import { recordTable } from "./recordTable.ts"
import { ahead, canReread, type Source, sourceName } from "./Source.ts"

/** The start of a file: enough to tell what it is. */
export interface Head {
  /** How errors cite the file: its path, where it has one. */
  readonly name: string
  /**
   * "json": values, one a line, in one array, or one after the other; the rows of a Parquet file, too, and of a table with lists or objects in its
   * cells. "binary": no text.
   */
  readonly shape: "json" | "text" | "binary"
  /** Unpacked. */
  readonly bytes: Uint8Array
  /** Of a text, a table too: its first lines that are whole, blank ones included; at least one where there is any. */
  readonly lines: ReadonlyArray<string>
  /** Of a JSON file, or another that is as one: its first values; at least one where any is whole. */
  readonly records: ReadonlyArray<unknown>
}

/** Bytes looked at; where the first record is longer, all of it. */
const LOOK = 1 << 16
/** Values looked at where they are long; of shorter ones as many as those bytes hold, since the first entity may come late. */
const RECORDS = 20
/** Rows looked at of a Parquet file. */
const ROWS = 500

/** Looks at the start of a source. What can be read only once is given back whole, as `source`. */
export const peek = async (source: Source): Promise<{ readonly head: Head; readonly source: Source }> => {
  const name = sourceName(source)
  const start = ahead(source)
  const held: Array<Uint8Array> = []
  for (let size = 0; size < LOOK; size += held.at(-1)!.length) {
    const piece = await start.next()
    if (piece === undefined) break
    held.push(piece)
  }
  const bytes = Buffer.concat(held)
  const head = { name, bytes, ...(await look(bytes, name, start.look)) }
  if (!canReread(source)) return { head, source: { name, text: start.read() } }
  await start.close()
  return { head, source }
}

const look = async (
  bytes: Uint8Array,
  name: string,
  again: () => AsyncIterable<Uint8Array>
): Promise<Pick<Head, "shape" | "lines" | "records">> => {
  if (String.fromCharCode(...bytes.subarray(0, 4)) === "PAR1") {
    return { shape: "json", lines: [], records: await firstRows(name) }
  }
  if (isBinary(bytes)) return { shape: "binary", lines: [], records: [] }
  const start = new TextDecoder().decode(bytes.subarray(0, 1000)).trimStart()
  if (start.startsWith("{") || start.startsWith("[")) {
    const records = await firstValues({ name, text: again() })
    // A file of records may start with one that is broken; a text may start with a bracket.
    if (records.length > 0 || /\.jsonl?(\.gz)?$/i.test(name) || /^(\[\s*)?\{\s*"/.test(start)) {
      return { shape: "json", lines: [], records }
    }
  }
  for await (const { texts } of lineBlocks({ name, text: again() }, { onMalformed: () => {} })) {
    // The last line that is looked at may go on behind what was looked at.
    const lines = texts.slice(0, 2000).map((text) => text ?? "")
    const table = await recordTable({ name, text: again() })
    return table === undefined ? { shape: "text", lines, records: [] } : { shape: "json", lines, records: table.first }
  }
  return { shape: "text", lines: [], records: [] }
}

const firstValues = async (source: Source): Promise<Array<unknown>> => {
  const records: Array<unknown> = []
  try {
    let [looked, size] = [0, 0]
    for await (const { text } of jsonTexts(source, { onMalformed: () => {} })) {
      const value = parseJson(text)
      if (value !== undefined && typeof value === "object") records.push(value)
      size += text.length
      if (++looked >= RECORDS && size >= LOOK) break
    }
  } catch {
    // A file that ends inside of its array: what came before tells enough, and its reader will refuse it.
  }
  return records
}

const firstRows = async (path: string): Promise<Array<unknown>> => {
  const rows: Array<unknown> = []
  for await (const { value } of parquetRows(path)) if (rows.push(value) >= ROWS) break
  return rows
}

/** Whether bytes are no text: they are of a known kind, hold a NUL (UTF-16 aside, which is refused by name), or start as zlib does, which a text may only with U+0680 to U+06BF. */
const isBinary = (bytes: Uint8Array): boolean => {
  const wide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  return (
    binaryKind(bytes) !== undefined ||
    (!wide && bytes.subarray(0, LOOK).includes(0)) ||
    (bytes[0] === 0x78 && (bytes[1] === 0x9c || bytes[1] === 0xda))
  )
}
