import { open, stat } from "node:fs/promises"
import * as zlib from "node:zlib"
import { asyncBufferFromFile, type Compressors, parquetMetadataAsync, parquetReadObjects } from "hyparquet"
import { parquetWriteBuffer } from "hyparquet-writer"
import { InputError } from "../errors.ts"
import { writeAtomic } from "../files/writeAtomic.ts"
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
 * The rows of a Parquet file, a row group in memory at a time. `line` counts rows from 1.
 *
 * @throws InputError when it is missing, broken or not Parquet; a Parquet file is read from its path only.
 */
export async function* parquetRows(source: Source): AsyncGenerator<Row<Record<string, unknown>>> {
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
  const opened = async () => {
    await stat(source)
    const file = await asyncBufferFromFile(source)
    return { file, metadata: await parquetMetadataAsync(file) }
  }
  const { file, metadata } = await opened().catch((cause) => Promise.reject(broken(cause)))
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    const rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors }).catch((cause) =>
      Promise.reject(broken(cause))
    )
    for (const [n, value] of rows.entries()) yield { value, line: rowStart + n + 1 }
    rowStart = rowEnd
  }
}

/** Writes columns of strings as a Parquet file (Snappy), atomically. All of it is in memory. @throws OutputError */
export const writeParquet = async (
  path: string,
  columns: Readonly<Record<string, ReadonlyArray<string>>>
): Promise<void> => {
  const columnData = Object.entries(columns).map(([name, data]) => ({ name, data: [...data], type: "STRING" as const }))
  await writeAtomic(path, [new Uint8Array(parquetWriteBuffer({ columnData }))])
}
