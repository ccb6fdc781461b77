import { EngineError } from "../EngineError.ts"
import { randomKey, randomOrder } from "../nn/counterRandom.ts"

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
export function planEpochs({ count, batchSize, seed, lengths, bucketWindow = 1 }: EpochOptions): EpochPlan {
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
function sortWindow(
  stretch: Int32Array,
  lengths: ArrayLike<number>,
  batchSize: number,
  key: ReturnType<typeof randomKey>
): void {
  const sorted = stretch.slice().sort((a, b) => lengths[b]! - lengths[a]!)
  const full = Math.floor(stretch.length / batchSize)
  randomOrder(key, full).forEach((batch, place) => {
    stretch.set(sorted.subarray(batch * batchSize, (batch + 1) * batchSize), place * batchSize)
  })
  stretch.set(sorted.subarray(full * batchSize), full * batchSize)
}
