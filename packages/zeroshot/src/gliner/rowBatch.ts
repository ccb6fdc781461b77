import { type TokenBatch, tokenBatch } from "@nuner/encoder"
import type { PromptRow } from "../prompt/prompt.ts"
import type { GlinerConfig } from "./GlinerConfig.ts"

/** Rows of types and text, padded to one length, and where the vectors of words and types are found in them. */
export interface RowBatch {
  /** `[rows, tokens]` */
  readonly tokens: TokenBatch
  readonly words: number
  readonly types: number
  /** `[rows * words]`; -1: none. */
  readonly wordAt: Int32Array
  /** `[rows * types]`; -1: none. */
  readonly typeAt: Int32Array
  /** Words of each row. */
  readonly lengths: Int32Array
  /** Types of each row. */
  readonly counts: Int32Array
}

export const rowBatch = (rows: ReadonlyArray<PromptRow>, padId: number, { typeVector }: GlinerConfig): RowBatch => {
  const lengths = Int32Array.from(rows, ({ wordAt }) => wordAt.length)
  const counts = Int32Array.from(rows, ({ typeAt }) => typeAt.length)
  const [words, types] = [Math.max(...lengths), Math.max(...counts)]
  const wordAt = new Int32Array(rows.length * words).fill(-1)
  const typeAt = new Int32Array(rows.length * types).fill(-1)
  const shift = typeVector === "mark" ? 0 : 1
  for (const [row, { typeAt: ofTypes, wordAt: ofWords }] of rows.entries()) {
    wordAt.set(ofWords, row * words)
    typeAt.set(
      ofTypes.map((at) => at + shift),
      row * types
    )
  }
  return {
    tokens: tokenBatch(
      rows.map(({ ids }) => ids),
      padId
    ),
    ...{ words, types, wordAt, typeAt, lengths, counts }
  }
}
