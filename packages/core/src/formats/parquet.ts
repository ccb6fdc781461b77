import { open, stat } from "node:fs/promises"
import * as zlib from "node:zlib"
import type { AsyncBuffer, Compressors, FileMetaData, RowGroup } from "hyparquet"
import { InputError } from "../errors.ts"
import { messageOf } from "../thrown.ts"
import type { Row } from "./jsonl.ts"
import { extension, readError, type Source, sourceName } from "./Source.ts"

/** hyparquet brings Snappy; the others that data sets come in are in the platform (Zstandard not in Node before 22.15). */
const compressors: Compressors = {
  GZIP: (packed, size) => zlib.gunzipSync(packed, noMoreThan(size)),
  BROTLI: (packed, size) => zlib.brotliDecompressSync(packed, noMoreThan(size)),
  ...("zstdDecompressSync" in zlib
    ? { ZSTD: (packed: Uint8Array, size: number) => zlib.zstdDecompressSync(packed, noMoreThan(size)) }
    : {})
}

/** A U+FEFF that begins a text is of the text: hyparquet's own decoder drops it, and offsets behind it would be one too large. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true })

const noMoreThan = (size: number) => ({ maxOutputLength: Math.max(size, 1) })

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
  const [{ parquetReadObjects }, { DEFAULT_PARSERS }] = await Promise.all([
    import("hyparquet"),
    import("hyparquet/src/convert.js")
  ])
  const parsers = { ...DEFAULT_PARSERS, stringFromBytes: (bytes?: Uint8Array) => bytes && utf8.decode(bytes) }
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    const read = async () => {
      await checkGroup(file, metadata, group)
      return await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors, parsers })
    }
    const rows = await Promise.race([read(), failed]).catch((cause) => {
      fail(cause)
      throw broken(cause)
    })
    for (const [n, value] of rows.entries()) yield { value: plainRow(value), line: rowStart + n + 1 }
    rowStart = rowEnd
  }
}

const checkGroup = async (file: AsyncBuffer, metadata: FileMetaData, group: RowGroup) => {
  const { checkPages } = await import("./parquetPages.ts")
  const rows = Number(group.num_rows)
  for (const { meta_data: column } of group.columns) {
    if (column === undefined) throw new Error("a column without a description")
    const start = Number(column.dictionary_page_offset || column.data_page_offset)
    const end = start + Number(column.total_compressed_size)
    if (!(start >= 0 && start <= end && end <= file.byteLength)) throw new Error("a column reaches past the file")
    checkPages(await file.slice(start, end), { column, metadata, rows, compressors })
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
    const message = messageOf(cause)
    if (/unsupported compression codec/.test(message)) {
      const remedy = "write it with another compression: snappy, gzip, brotli or zstd"
      return new InputError({ source, reason: message.replace(/^parquet /, ""), remedy })
    }
    return new InputError({ source, reason: `not a whole Parquet file: ${message}`, remedy: "fetch it again" })
  }
  let fail: (cause: unknown) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  let ended = false
  failed.catch(() => {
    ended = true
  })
  const opened = async () => {
    await stat(source)
    const { asyncBufferFromFile, parquetMetadataAsync } = await import("hyparquet")
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
