import type { Rng } from "@nuner/core"

export interface MaskOptions {
  /** Part of the tokens that are predicted. RoBERTa: 0.15. */
  readonly rate: number
  readonly maskId: number
  readonly vocabSize: number
  /** Ids never chosen as a random replacement. */
  readonly specialIds: ReadonlySet<number>
}

export interface MaskedTokens {
  /** The ids that the encoder reads. */
  readonly ids: Int32Array
  /** Positions that are predicted, ascending, and what stood there. */
  readonly positions: Int32Array
  readonly targets: Int32Array
}

/**
 * RoBERTa's dynamic masking (Liu et al. 2019, section 4.1): chosen anew at every pass; of the chosen tokens 80 % become the mask, 10 % a
 * random token, 10 % stay.
 *
 * @param units half-open token ranges that are masked together: single tokens, or whole words
 */
export const maskTokens = (
  ids: Int32Array,
  units: ReadonlyArray<{ readonly start: number; readonly end: number }>,
  { maskId, rate, specialIds, vocabSize }: MaskOptions,
  random: Rng
): MaskedTokens => {
  const tokens = units.reduce((sum, { end, start }) => sum + end - start, 0)
  // At least one token of a text is predicted, or short texts would teach nothing.
  const wanted = Math.max(1, Math.round(tokens * rate))
  const chosen: Array<number> = []
  for (const { end, start } of random.shuffle(units)) {
    if (chosen.length >= wanted) break
    for (let at = start; at < end; at++) chosen.push(at)
  }
  const positions = Int32Array.from(chosen).sort()
  const out = ids.slice()
  for (const at of positions) {
    const draw = random.next()
    if (draw < 0.8) out[at] = maskId
    else if (draw < 0.9) {
      let id = random.int(vocabSize)
      while (specialIds.has(id)) id = random.int(vocabSize)
      out[at] = id
    }
  }
  return { ids: out, positions, targets: positions.map((at) => ids[at]!) }
}
