/** Token ids of several texts, padded on the right to one length. */
export interface TokenBatch {
  /** `[rows, tokens]` */
  readonly ids: Int32Array
  /** `[rows, tokens]`: 1 for a token, 0 for padding. */
  readonly mask: Int32Array
  readonly rows: number
  readonly tokens: number
}

/**
 * @param sequences ids of each text, special tokens included
 * @param multipleOf the padded length is rounded up to this, where `longest` allows: fewer distinct shapes
 */
export const tokenBatch = (
  sequences: ReadonlyArray<ArrayLike<number>>,
  padId: number,
  { multipleOf = 1, longest = Number.POSITIVE_INFINITY }: { multipleOf?: number; longest?: number } = {}
): TokenBatch => {
  const rows = sequences.length
  const needed = sequences.reduce((most, ids) => Math.max(most, ids.length), 0)
  const tokens = Math.max(needed, Math.min(longest, Math.ceil(needed / multipleOf) * multipleOf))
  const ids = new Int32Array(rows * tokens).fill(padId)
  const mask = new Int32Array(rows * tokens)
  for (const [row, sequence] of sequences.entries()) {
    ids.set(sequence, row * tokens)
    mask.fill(1, row * tokens, row * tokens + sequence.length)
  }
  return { ids, mask, rows, tokens }
}
