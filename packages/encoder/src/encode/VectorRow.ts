import { type OffsetUnit, offsetMap } from "@nuner/core"
import type { EncodedText } from "./encode.ts"

/** A text and its vectors as a file holds them: the same fields in JSON Lines and Parquet. */
export interface VectorRow {
  readonly id: string
  readonly text: string
  /** Of each token, where the vectors are those of tokens. */
  readonly tokens?: ReadonlyArray<number>
  /** Where each token or word begins and ends in the text. */
  readonly start?: ReadonlyArray<number>
  readonly end?: ReadonlyArray<number>
  /** `[tokens][width]` or `[words][width]` */
  readonly vectors?: ReadonlyArray<ReadonlyArray<number>>
  /** `[width]`, of the whole text. */
  readonly vector?: ReadonlyArray<number>
}

/** @param index names a text without an id */
export const vectorRow = (encoded: EncodedText, index: number, unit: OffsetUnit, number = same): VectorRow => {
  const { id = String(index), ids, offsets, pooling, text, values, width } = encoded
  if (pooling === "first" || pooling === "mean") return { id, text, vector: Array.from(values, number) }
  const map = offsetMap(text, unit)
  // The tokenizer's offsets and those of words lie between characters.
  const inUnit = (offset: number) => map.fromUtf16(offset)!
  return {
    id,
    text,
    ...(pooling === "none" ? { tokens: Array.from(ids) } : {}),
    start: offsets.map(({ start }) => inUnit(start)),
    end: offsets.map(({ end }) => inUnit(end)),
    vectors: offsets.map((_, row) => Array.from(values.subarray(row * width, (row + 1) * width), number))
  }
}

const same = (value: number): number => value

/** For text: nine digits give every 32-bit float back; as it is, a number of JavaScript would be written with seventeen. */
export const nineDigits = (value: number): number => Number(value.toPrecision(9))
