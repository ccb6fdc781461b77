import type { Rng } from "@nuner/core"
import type { LanguageBatch } from "./languageHead.ts"
import { maskTokens } from "./maskTokens.ts"
import type { PackedRow } from "./packRows.ts"

export interface LanguageBatchOptions {
  readonly maskRate: number
  readonly wholeWords: boolean
  readonly maskId: number
  readonly vocabSize: number
  readonly specialIds: ReadonlySet<number>
}

/** A batch of rows: every next token to predict, or dynamically masked ones. Special tokens are never masked. */
export const languageBatch = (
  rows: ReadonlyArray<PackedRow>,
  { causal, headOnly = false }: { readonly causal: boolean; readonly headOnly?: boolean },
  options: LanguageBatchOptions,
  random: Rng
): LanguageBatch => {
  const tokens = rows[0]!.ids.length
  const ids = new Int32Array(rows.length * tokens)
  const positions: Array<number> = []
  const targets: Array<number> = []
  for (const [r, row] of rows.entries()) {
    const from = r * tokens
    if (causal) {
      ids.set(row.ids, from)
      for (let t = 0; t + 1 < tokens; t++) {
        positions.push(from + t)
        targets.push(row.ids[t + 1]!)
      }
    } else {
      const masked = maskTokens(row.ids, maskUnits(row, options), { ...options, rate: options.maskRate }, random)
      ids.set(masked.ids, from)
      for (const [i, at] of masked.positions.entries()) {
        positions.push(from + at)
        targets.push(masked.targets[i]!)
      }
    }
  }
  return {
    text: { ids, mask: new Int32Array(ids.length).fill(1), rows: rows.length, tokens },
    positions: Int32Array.from(positions),
    targets: Int32Array.from(targets),
    causal,
    headOnly
  }
}

/** Tokens, or words of tokens, that may be masked. */
const maskUnits = (
  { ids, wordStart }: PackedRow,
  { specialIds, wholeWords }: LanguageBatchOptions
): Array<{ start: number; end: number }> => {
  const units: Array<{ start: number; end: number }> = []
  for (let t = 0; t < ids.length; t++) {
    if (specialIds.has(ids[t]!)) continue
    const last = units.at(-1)
    if (wholeWords && wordStart[t] === 0 && last?.end === t) last.end = t + 1
    else units.push({ start: t, end: t + 1 })
  }
  return units
}
