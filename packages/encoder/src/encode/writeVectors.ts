import { type OffsetUnit, OptionError, OutputError, writeAtomic, writeJsonl } from "@nuner/core"
import type { EncodeOptions } from "./EncodeOptions.ts"
import type { EncodedText } from "./encode.ts"
import { parquetPieces } from "./parquetPieces.ts"
import { nineDigits, type VectorRow, vectorRow } from "./VectorRow.ts"

export interface WriteVectorsOptions {
  /** As given to `encode`: it decides the columns. Default "none". */
  readonly pooling?: EncodeOptions["pooling"]
  /** How offsets count: UTF-16 units, or Python's code points, or bytes of UTF-8. Default "utf16". */
  readonly offsets?: OffsetUnit
}

/**
 * Writes what `encode` gives as JSON Lines (`.jsonl`) or Parquet (`.parquet`), whole or not at all, as it comes: memory is a row group. The
 * fields of a row: `id` (the text's, or its number from 0), `text`, and by pooling
 *
 * - "none": `tokens` (ids), `start`, `end`, `vectors`: a list a token, special ones included
 * - "word": `start`, `end`, `vectors`: a list a word
 * - "first", "mean": `vector`
 *
 * Numbers are 32-bit floats in Parquet and, in JSON, the shortest decimals that give those back.
 *
 * @returns the number of texts
 * @throws OptionError for another extension; OutputError, also for text with a lone surrogate, which UTF-8 cannot hold
 */
export const writeVectors = async (
  path: string,
  texts: AsyncIterable<EncodedText>,
  { pooling = "none", offsets = "utf16" }: WriteVectorsOptions = {}
): Promise<number> => {
  checkVectorPath(path)
  const lines = path.endsWith(".jsonl")
  let count = 0
  const rows = async function* (): AsyncGenerator<VectorRow> {
    for await (const text of texts) {
      if (!`${text.id ?? ""}${text.text}`.isWellFormed()) {
        const reason = `text ${count + 1} has a lone surrogate, which UTF-8 cannot hold`
        throw new OutputError({ path, reason, remedy: "clean the text first" })
      }
      if (text.pooling !== pooling) {
        const reason = `is "${pooling}", the vectors are pooled by "${text.pooling}"`
        throw new OptionError({ component: "writeVectors", option: "pooling", reason })
      }
      yield vectorRow(text, count++, offsets, lines ? nineDigits : undefined)
    }
  }
  if (lines) await writeJsonl(path, rows())
  else await writeAtomic(path, parquetPieces(rows(), pooling))
  return count
}

/** @throws OptionError for a path that ends in neither `.jsonl` nor `.parquet` */
export const checkVectorPath = (path: string): void => {
  if (/\.(jsonl|parquet)$/.test(path)) return
  const reason = `"${path}" names neither JSON Lines nor Parquet`
  throw new OptionError({ component: "writeVectors", option: "out", reason, remedy: "end it in .jsonl or .parquet" })
}
