import { EngineError } from "../errors.ts"

/** A stretch `[start, end)` of a text's tokens that is read by itself. */
export interface Window {
  readonly start: number
  readonly end: number
  /** The tokens whose result is taken from this window: those that no other window gives more context. */
  readonly own: { readonly start: number; readonly end: number }
}

/**
 * Covers `tokens` with windows of at most `size`, evenly spread, neighbours sharing at least `overlap` tokens. Each token is owned by
 * the window in which its distance to the nearest cut is largest; the text's own ends are no cuts. The owned stretches are a partition.
 *
 * @param tokens without special ones
 * @param size the most tokens of a window, special ones not counted
 * @throws EngineError where `overlap` leaves no progress
 */
export const planWindows = (tokens: number, size: number, overlap: number): Array<Window> => {
  if (!Number.isInteger(size) || size < 1) {
    throw new EngineError(`planWindows: "size" must be a whole number >= 1, it is ${size}`)
  }
  if (!Number.isInteger(overlap) || overlap < 0 || overlap >= size) {
    throw new EngineError(`planWindows: "overlap" must be in 0..${size - 1}, it is ${overlap}`)
  }
  if (tokens <= size) return [{ start: 0, end: tokens, own: { start: 0, end: tokens } }]
  const count = Math.ceil((tokens - overlap) / (size - overlap))
  const starts = Array.from({ length: count }, (_, index) => Math.round((index * (tokens - size)) / (count - 1)))
  // Between two windows the contexts are equal in the middle of what they share.
  const border = (index: number) => Math.ceil((starts[index]! + starts[index - 1]! + size) / 2)
  return starts.map((start, index) => ({
    start,
    end: start + size,
    own: { start: index === 0 ? 0 : border(index), end: index === count - 1 ? tokens : border(index + 1) }
  }))
}
