import { OptionError, type Span } from "@nuner/core"

/** A stretch of a text's tokens that is encoded by itself. */
export interface Window extends Span {
  /** The tokens whose result is taken from this window: those that no other window gives more context. */
  readonly own: Span
}

/**
 * Covers `tokens` with windows of at most `size`, evenly spread, neighbours sharing at least `overlap` tokens. Each token is owned by
 * the window in which its distance to the nearest cut is largest; the text's own ends are no cuts. The owned stretches are a partition.
 *
 * @param tokens without special ones
 * @param size the most tokens of a window, special ones not counted
 * @throws OptionError where `overlap` leaves no progress
 */
export const planWindows = (tokens: number, size: number, overlap: number): Array<Window> => {
  const fail = (option: string, reason: string): never => {
    throw new OptionError({ component: "planWindows", option, reason })
  }
  if (!Number.isInteger(size) || size < 1) fail("size", `must be a positive integer, got ${size}`)
  if (!Number.isInteger(overlap) || overlap < 0 || overlap >= size)
    fail("overlap", `must be in 0..${size - 1}, got ${overlap}`)
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
