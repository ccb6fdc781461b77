import { sweeper } from "@nuner/engine"
import type { ColumnSource, SchemaElement } from "hyparquet-writer"
import type { EncodeOptions } from "./EncodeOptions.ts"
import type { VectorRow } from "./VectorRow.ts"

/** Numbers in a row group: 16 MB of vectors. */
const groupValues = 2 ** 22
/** Rows in a row group, however short their vectors. */
const groupRows = 10_000

/** The bytes of a Parquet file (Snappy, vectors uncompressed), a row group at a time. */
export async function* parquetPieces(
  rows: AsyncIterable<VectorRow>,
  pooling: EncodeOptions["pooling"]
): AsyncGenerator<Uint8Array> {
  const { ByteWriter, ParquetWriter } = await import("hyparquet-writer")
  const columns = columnsOf[pooling]
  const writer = new ByteWriter()
  const file = new ParquetWriter({ writer, schema: schemaOf(columns) })
  /** What was written since the last time; the writer goes on with an empty buffer. */
  const piece = (): Uint8Array => {
    const bytes = writer.getBytes().slice()
    writer.index = 0
    return bytes
  }
  const release = sweeper()
  let held: Array<VectorRow> = []
  let values = 0
  const group = (): Uint8Array => {
    file.write({ columnData: columns.map((name) => columnData(name, held)), rowGroupSize: held.length })
    // Three lists of levels and values, which the writer makes for each number.
    release(3 * 8 * values)
    held = []
    values = 0
    return piece()
  }
  for await (const row of rows) {
    held.push(row)
    values += row.vector?.length ?? row.vectors!.length * (row.vectors![0]?.length ?? 0)
    if (values >= groupValues || held.length === groupRows) yield group()
  }
  if (held.length > 0) yield group()
  file.finish()
  yield piece()
}

type Column = keyof VectorRow

const pooled: ReadonlyArray<Column> = ["id", "text", "vector"]
const columnsOf: Readonly<Record<EncodeOptions["pooling"], ReadonlyArray<Column>>> = {
  none: ["id", "text", "tokens", "start", "end", "vectors"],
  word: ["id", "text", "start", "end", "vectors"],
  first: pooled,
  mean: pooled
}

const columnData = (name: Column, rows: ReadonlyArray<VectorRow>): ColumnSource => {
  const data = rows.map((row) => row[name])
  const vectors = name === "vector" || name === "vectors"
  // Neighbouring numbers of a vector have nothing in common that a codec or an index could use.
  return { name, data, ...(vectors ? { codec: "UNCOMPRESSED", encoding: "PLAIN", statistics: false } : {}) }
}

const leaf = (name: string, type: "INT32" | "FLOAT"): Array<SchemaElement> => [
  { name, type, repetition_type: "REQUIRED" }
]
const text = (name: string): Array<SchemaElement> => [
  { name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" }
]
/** The three levels of a Parquet list. */
const list = (name: string, element: Array<SchemaElement>): Array<SchemaElement> => [
  { name, converted_type: "LIST", repetition_type: "REQUIRED", num_children: 1 },
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  ...element
]

const elements: Readonly<Record<Column, Array<SchemaElement>>> = {
  id: text("id"),
  text: text("text"),
  tokens: list("tokens", leaf("element", "INT32")),
  start: list("start", leaf("element", "INT32")),
  end: list("end", leaf("element", "INT32")),
  vectors: list("vectors", list("element", leaf("element", "FLOAT"))),
  vector: list("vector", leaf("element", "FLOAT"))
}

const schemaOf = (columns: ReadonlyArray<Column>): Array<SchemaElement> => [
  { name: "root", num_children: columns.length },
  ...columns.flatMap((name) => elements[name])
]
