import type { Rng } from "@nuner/core"
import type { LanguageBatch } from "./languageHead.ts"
import { maskTokens } from "./maskTokens.ts"
import type { PackedRows } from "./packRows.ts"

export interface LanguageBatchOptions {
  readonly maskRate: number
  readonly wholeWords: boolean
  readonly maskId: number
  readonly vocabSize: number
  readonly specialIds: ReadonlySet<number>
}

/** A batch of some of the rows: every next token to predict, or dynamically masked ones. Special tokens are never masked. */
export const languageBatch = (
  packed: PackedRows,
  rows: ArrayLike<number>,
  causal: boolean,
  options: LanguageBatchOptions,
  random: Rng
): LanguageBatch => {
  const { rowTokens: tokens } = packed
  const ids = new Int32Array(rows.length * tokens)
  const positions: Array<number> = []
  const targets: Array<number> = []
  for (let r = 0; r < rows.length; r++) {
    const from = rows[r]! * tokens
    const row = packed.ids.subarray(from, from + tokens)
    if (causal) {
      ids.set(row, r * tokens)
      for (let t = 0; t + 1 < tokens; t++) {
        positions.push(r * tokens + t)
        targets.push(row[t + 1]!)
      }
    } else {
      const units = maskUnits(row, packed.wordStart.subarray(from, from + tokens), options)
      const masked = maskTokens(row, units, { ...options, rate: options.maskRate }, random)
      ids.set(masked.ids, r * tokens)
      for (const [i, at] of masked.positions.entries()) {
        positions.push(r * tokens + at)
        targets.push(masked.targets[i]!)
      }
    }
  }
  return {
    ids,
    rows: rows.length,
    tokens,
    positions: Int32Array.from(positions),
    targets: Int32Array.from(targets),
    causal
  }
}

/** Tokens, or words of tokens, that may be masked. */
const maskUnits = (
  row: Int32Array,
  wordStart: Uint8Array,
  { specialIds, wholeWords }: LanguageBatchOptions
): Array<{ start: number; end: number }> => {
  const units: Array<{ start: number; end: number }> = []
  for (let t = 0; t < row.length; t++) {
    if (specialIds.has(row[t]!)) continue
    const last = units.at(-1)
    if (wholeWords && wordStart[t] === 0 && last?.end === t) last.end = t + 1
    else units.push({ start: t, end: t + 1 })
  }
  return units
}
