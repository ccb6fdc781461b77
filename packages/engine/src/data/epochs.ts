import { createHash } from "node:crypto"
import { EngineError } from "../errors.ts"
import { sweeper } from "../memory.ts"
import type { Parameters } from "../nn/Parameters.ts"
import { randomKey, randomOrder } from "../nn/random.ts"
import { longestFirst } from "./lengths.ts"

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

/**
 * What makes a run this run, as 16 hexadecimal digits of a SHA-256: its settings, its data, the weights that it starts from. Nothing is
 * kept, so a corpus may come as a stream.
 *
 * @param parts bytes as they are, anything else as JSON
 */
export const fingerprint = async (
  parts: Iterable<unknown> | AsyncIterable<unknown>,
  weights: Parameters = {}
): Promise<string> => {
  const hash = createHash("sha256")
  const add = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
    hash.update(new Uint8Array(buffer, byteOffset, byteLength))
  for await (const part of parts) {
    if (ArrayBuffer.isView(part)) add(part)
    else hash.update(`${JSON.stringify(part)}\n`)
  }
  const release = sweeper(2 ** 24)
  for (const name of Object.keys(weights).sort()) {
    const parameter = weights[name]!
    hash.update(`${name} ${parameter.shape.join()}\n`)
    add(await parameter.data())
    release(4 * parameter.size)
  }
  return hash.digest("hex").slice(0, 16)
}
