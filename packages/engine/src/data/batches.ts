import { EngineError } from "../errors.ts"
import { randomKey, randomOrder } from "../nn/random.ts"

/**
 * What there is to learn from, by number. An example is what is shuffled and counted: a sentence, a row of packed text. It is made (read,
 * tokenised) when a batch asks for it, so that the steps of an epoch are known without making any.
 */
export interface Examples<Example> {
  readonly count: number
  /** About how many tokens each has, for batches of like lengths `[count]`. Absent: all the same. */
  readonly lengths?: ArrayLike<number>
  /** Of the content: equal for equal examples in the same order. A checkpoint of other examples is refused by it. */
  readonly fingerprint: string
  /** The examples of these numbers, in their order. */
  at(indices: Int32Array): Promise<ReadonlyArray<Example>>
}

export interface EpochOptions {
  /** Examples of an epoch. */
  readonly count: number
  /** Examples of a batch; the last one of an epoch may have fewer. */
  readonly batchSize: number
  /** Of the order of all epochs. Two runs over the same examples that must not go in step take two seeds. */
  readonly seed: number | string
  /** About how many tokens each example has `[count]`. Absent: all the same, and `bucketWindow` changes nothing. */
  readonly lengths?: ArrayLike<number> | undefined
  /**
   * Batches that are made together: the examples of so many batches of the shuffle are sorted by length before they are dealt out, so that
   * the examples of a batch are of like length and little of it is padding. Default 1: batches as the shuffle has them.
   */
  readonly bucketWindow?: number | undefined
}

/** The batches of a run of any number of epochs. */
export interface EpochPlan {
  /** Batches of an epoch. */
  readonly perEpoch: number
  /** The examples of batch 0, 1, 2, ... of the whole run `[<= batchSize]`: a function of the options and this number alone. */
  batch(index: number): Int32Array
}

/**
 * Every example once an epoch, in an order of its own for each epoch, dealt out in batches. Batches asked for in order cost one shuffle an
 * epoch.
 *
 * @throws EngineError for an option out of range
 */
export const planEpochs = ({ count, batchSize, seed, lengths, bucketWindow = 1 }: EpochOptions): EpochPlan => {
  for (const [name, value] of Object.entries({ count, batchSize, bucketWindow })) {
    if (Number.isInteger(value) && value >= 1) continue
    throw new EngineError(`planEpochs: "${name}" must be a whole number >= 1, it is ${value}`)
  }
  if (lengths !== undefined && lengths.length !== count) {
    throw new EngineError(`planEpochs: ${lengths.length} lengths for ${count} examples`)
  }
  const perEpoch = Math.ceil(count / batchSize)
  let held: { readonly epoch: number; readonly order: Int32Array } | undefined
  const orderOf = (epoch: number): Int32Array => {
    if (held?.epoch !== epoch) {
      const order = randomOrder(randomKey(seed, "epoch", epoch), count)
      if (lengths !== undefined && bucketWindow > 1) {
        const size = bucketWindow * batchSize
        for (let from = 0; from < count; from += size) {
          sortWindow(order.subarray(from, from + size), lengths, batchSize, randomKey(seed, "bucket", epoch, from))
        }
      }
      held = { epoch, order }
    }
    return held.order
  }
  return {
    perEpoch,
    batch: (index) => {
      const from = (index % perEpoch) * batchSize
      return orderOf(Math.floor(index / perEpoch)).subarray(from, from + batchSize)
    }
  }
}

/** Sorts a stretch of the shuffle by length, longest first, and puts its full batches in random order, so that lengths stay mixed over time. */
const sortWindow = (
  stretch: Int32Array,
  lengths: ArrayLike<number>,
  batchSize: number,
  key: ReturnType<typeof randomKey>
): void => {
  const sorted = longestFirst(stretch, lengths)
  const full = Math.floor(stretch.length / batchSize)
  randomOrder(key, full).forEach((batch, place) => {
    stretch.set(sorted.subarray(batch * batchSize, (batch + 1) * batchSize), place * batchSize)
  })
  stretch.set(sorted.subarray(full * batchSize), full * batchSize)
}

/**
 * Makes batches before they are asked for, so that reading and tokenising go on while a step computes. At most `ahead` of them wait; what
 * a batch holds does not change, since `make` depends on its number alone.
 *
 * @param end the number of the first batch that there is not
 */
export const readAhead = <Batch>(
  make: (index: number) => Batch | Promise<Batch>,
  { ahead, end }: { readonly ahead: number; readonly end: number }
): ((index: number) => Promise<Batch>) => {
  let waiting = new Map<number, Promise<Batch>>()
  const start = async (index: number) => make(index)
  return (index) => {
    const next = new Map([[index, waiting.get(index) ?? start(index)]])
    for (let later = index + 1; later <= index + ahead && later < end; later++) {
      const made = waiting.get(later) ?? start(later)
      // It is thrown where the batch is asked for, and nowhere if it never is.
      made.catch(() => {})
      next.set(later, made)
    }
    waiting = next
    return next.get(index)!
  }
}

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
const longestFirst = (items: Int32Array, lengths: ArrayLike<number>): Int32Array =>
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
