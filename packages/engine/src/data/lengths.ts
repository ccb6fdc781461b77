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

/**
 * Batches for reading, where order is free and no batch weighs more than another: items of like length together, longest first (so that
 * memory peaks at once), as many as fit into `batchTokens` padded tokens; an item longer than that is a batch of its own.
 *
 * @param lengths tokens of each item
 * @returns indices into `lengths`, batch by batch
 */
export const packByLength = (lengths: ReadonlyArray<number>, batchTokens: number): Array<ReadonlyArray<number>> => {
  const batches: Array<Array<number>> = []
  let rows: Array<number> = []
  for (const index of longestFirst(Int32Array.from(lengths.keys()), lengths)) {
    // The first of a batch is its longest.
    const longest = rows.length === 0 ? lengths[index]! : lengths[rows[0]!]!
    if (rows.length > 0 && (rows.length + 1) * longest > batchTokens) {
      batches.push(rows)
      rows = []
    }
    rows.push(index)
  }
  if (rows.length > 0) batches.push(rows)
  return batches
}

/** Numbers of items by their lengths, equal ones in the order in which they are given. */
export const longestFirst = (items: Int32Array, lengths: ArrayLike<number>): Int32Array =>
  items.toSorted((a, b) => lengths[b]! - lengths[a]!)

/**
 * A stream in stretches of items that are held, and read, together: `count` of them, fewer where their sizes come to `size`.
 *
 * @param sizeOf of an item, for example the length of a text
 * @param limits `size` defaults to 2^18: as UTF-16 units of texts about 60,000 tokens
 */
export async function* stretches<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  sizeOf: (item: Item) => number,
  { count, size = 2 ** 18 }: { readonly count: number; readonly size?: number }
): AsyncGenerator<Array<Item>, void> {
  let held: Array<Item> = []
  let together = 0
  for await (const item of items) {
    held.push(item)
    together += sizeOf(item)
    if (held.length < count && together < size) continue
    yield held
    held = []
    together = 0
  }
  if (held.length > 0) yield held
}
