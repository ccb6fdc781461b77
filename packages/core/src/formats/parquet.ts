import { open, stat } from "node:fs/promises"
import * as zlib from "node:zlib"
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  type SchemaElement
} from "hyparquet"
import { parquetWriteBuffer } from "hyparquet-writer"
import { InputError } from "../errors.ts"
import { refuseGzip, writeAtomic } from "../files/writeAtomic.ts"
import type { Rows } from "../files/writers.ts"
import type { Row } from "./jsonl.ts"
import { extension, readError, type Source, sourceName } from "./Source.ts"

/** hyparquet brings Snappy; the others that data sets come in are in the platform (Zstandard not in Node before 22.15). */
const compressors: Compressors = {
  GZIP: (packed) => zlib.gunzipSync(packed),
  BROTLI: (packed) => zlib.brotliDecompressSync(packed),
  ...("zstdDecompressSync" in zlib ? { ZSTD: (packed: Uint8Array) => zlib.zstdDecompressSync(packed) } : {})
}

/** Whether a source is a Parquet file: by its first bytes, and by its name where it cannot be looked into. */
export const isParquet = async (source: Source): Promise<boolean> => {
  if (typeof source !== "string") return extension(source) === "parquet"
  const file = await open(source).catch(() => undefined)
  if (file === undefined) return extension(source) === "parquet"
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    return bytesRead === 4 ? buffer.toString("latin1") === "PAR1" : extension(source) === "parquet"
  } catch {
    return false
  } finally {
    await file.close()
  }
}

/**
 * The rows of a Parquet file, a row group in memory at a time, as JSON would have them: whole numbers of 64 bits as numbers (as text where they
 * are too large), nothing where there is null. `line` counts rows from 1.
 *
 * @throws InputError when it is missing, broken or not Parquet; a Parquet file is read from its path only.
 */
export async function* parquetRows(source: Source): AsyncGenerator<Row<Record<string, unknown>>> {
  const { broken, fail, failed, file, metadata } = await openParquet(source)
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    const read = parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors })
    const rows = await Promise.race([read, failed]).catch((cause) => {
      fail(cause)
      throw broken(cause)
    })
    for (const [n, value] of rows.entries()) yield { value: plainRow(value), line: rowStart + n + 1 }
    rowStart = rowEnd
  }
}

/** The names that a data set of Hugging Face gives to the numbers in its columns of tags, by column. @throws InputError */
export const classNames = async (source: Source): Promise<ReadonlyMap<string, ReadonlyArray<string>>> => {
  const { metadata } = await openParquet(source)
  const info: unknown = JSON.parse(
    metadata.key_value_metadata?.find(({ key }) => key === "huggingface")?.value ?? "null"
  )
  const found = new Map<string, ReadonlyArray<string>>()
  const features = field(field(info, "info"), "features")
  for (const [column, feature] of Object.entries(features ?? {})) {
    // A list of classes stands as { feature: { names } }, before version 4 of `datasets` also as [{ names }].
    const item = field(feature, "feature") ?? (Array.isArray(feature) ? feature[0] : undefined)
    const names = field(item, "names")
    if (Array.isArray(names) && names.every((name) => typeof name === "string")) found.set(column, names)
  }
  return found
}

const field = (value: unknown, name: string): object | undefined => {
  const found = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined
  return typeof found === "object" && found !== null ? found : undefined
}

const plainRow = (row: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [[name, plain(value)]]
    )
  )

const plain = (value: unknown): unknown => {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (value instanceof Date) return value.toISOString()
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array, plain)
  if (Array.isArray(value)) return value.map(plain)
  return typeof value === "object" && value !== null ? plainRow(value) : value
}

interface OpenParquet {
  readonly file: AsyncBuffer
  readonly metadata: FileMetaData
  /**
   * Rejected by the first failure; from then on the file gives no more bytes. The library reads columns side by side, and a failure behind the first would
   * be a rejection that nobody handles, which ends the process.
   */
  readonly failed: Promise<never>
  fail(cause: unknown): void
  /** A failure of the library, in our words. */
  broken(cause: unknown): unknown
}

const openParquet = async (source: Source): Promise<OpenParquet> => {
  if (typeof source !== "string") {
    throw new InputError({
      source: sourceName(source),
      reason: "Parquet is not read from a stream",
      remedy: "give the path of a file"
    })
  }
  const broken = (cause: unknown): unknown => {
    const known = readError(source, cause)
    if (known instanceof InputError) return known
    const reason = `not a whole Parquet file: ${cause instanceof Error ? cause.message : String(cause)}`
    return new InputError({ source, reason, remedy: "fetch it again" })
  }
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  let ended = false
  failed.catch(() => {
    ended = true
  })
  const opened = async () => {
    await stat(source)
    const { byteLength, slice } = await asyncBufferFromFile(source)
    const file: AsyncBuffer = {
      byteLength,
      slice: async (start, end) => {
        try {
          const bytes = await slice(start, end)
          if (!ended) return bytes
        } catch (cause) {
          fail(cause)
        }
        return new Promise<never>(() => {})
      }
    }
    return { file, metadata: await Promise.race([parquetMetadataAsync(file), failed]) }
  }
  return { broken, fail, failed, ...(await opened().catch((cause) => Promise.reject(broken(cause)))) }
}

/**
 * Writes what `format` makes of each row as a Parquet file (Snappy), atomically: a column a field, in the types that their values have; lists and
 * objects are nested, and a field whose values have nothing in common is written as JSON. All of it is in memory.
 *
 * @returns the number of rows
 * @throws OutputError
 */
export const writeParquet = async <A>(path: string, from: Rows<A>, format: (row: A) => object): Promise<number> => {
  refuseGzip(path, "Parquet")
  const rows: Array<object> = []
  for await (const one of from) rows.push(format(one))
  const { fields = {} } = rows.map(shapeOf).reduce(merge, nothing)
  const columns = Object.entries(fields)
  const schema = [
    { name: "root", num_children: columns.length },
    ...columns.flatMap(([name, shape]) => elements(name, shape))
  ]
  const columnData = columns.map(([name, shape]) => ({
    name,
    data: rows.map((row) => stored((row as Record<string, unknown>)[name], shape))
  }))
  await writeAtomic(path, [new Uint8Array(parquetWriteBuffer({ schema, columnData }))])
  return rows.length
}

/** What the values of a column have in common. */
interface Shape {
  readonly kind: "nothing" | "text" | "boolean" | "whole" | "number" | "list" | "object" | "json"
  readonly item?: Shape
  readonly fields?: Readonly<Record<string, Shape>>
}

const nothing: Shape = { kind: "nothing" }

const shapeOf = (value: unknown): Shape => {
  if (value === null || value === undefined) return nothing
  if (typeof value === "string") return { kind: "text" }
  if (typeof value === "boolean") return { kind: "boolean" }
  if (typeof value === "number") return { kind: Number.isSafeInteger(value) ? "whole" : "number" }
  if (Array.isArray(value)) return { kind: "list", item: value.map(shapeOf).reduce(merge, nothing) }
  return {
    kind: "object",
    fields: Object.fromEntries(Object.entries(value as object).map(([name, one]) => [name, shapeOf(one)]))
  }
}

const merge = (a: Shape, b: Shape): Shape => {
  if (a.kind === "nothing") return b
  if (b.kind === "nothing") return a
  if (a.kind === "list" && b.kind === "list") return { kind: "list", item: merge(a.item!, b.item!) }
  if (a.kind === "object" && b.kind === "object") {
    const fields = { ...a.fields }
    for (const [name, shape] of Object.entries(b.fields!)) fields[name] = merge(fields[name] ?? nothing, shape)
    return { kind: "object", fields }
  }
  if (a.kind === b.kind) return a
  const numbers = ["whole", "number"]
  return { kind: numbers.includes(a.kind) && numbers.includes(b.kind) ? "number" : "json" }
}

const elements = (name: string, shape: Shape): Array<SchemaElement> => {
  const leaf = (type: SchemaElement["type"] & string): SchemaElement => ({ name, type, repetition_type: "OPTIONAL" })
  switch (shape.kind) {
    case "boolean":
      return [leaf("BOOLEAN")]
    case "whole":
      return [leaf("INT64")]
    case "number":
      return [leaf("DOUBLE")]
    case "list":
      return [
        { name, converted_type: "LIST", repetition_type: "OPTIONAL", num_children: 1 },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        ...elements("element", shape.item!)
      ]
    case "object": {
      const fields = Object.entries(shape.fields!)
      // Parquet has no object without a field.
      if (fields.length === 0) return elements(name, { kind: "json" })
      return [
        { name, repetition_type: "OPTIONAL", num_children: fields.length },
        ...fields.flatMap(([inner, one]) => elements(inner, one))
      ]
    }
    default:
      return [{ ...leaf("BYTE_ARRAY"), converted_type: "UTF8" }]
  }
}

/** A value as the writer takes it for its shape. */
const stored = (value: unknown, shape: Shape): unknown => {
  if (value === null || value === undefined) return null
  switch (shape.kind) {
    case "whole":
      return BigInt(value as number)
    case "list":
      return (value as Array<unknown>).map((one) => stored(one, shape.item!))
    case "object": {
      const fields = Object.entries(shape.fields!)
      if (fields.length === 0) return "{}"
      return Object.fromEntries(
        fields.map(([name, one]) => [name, stored((value as Record<string, unknown>)[name], one)])
      )
    }
    case "json":
      return JSON.stringify(value)
    default:
      return value
  }
}
