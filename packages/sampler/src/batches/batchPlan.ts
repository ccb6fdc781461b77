import { decodeOptions, rng } from "@nuner/core"
import { Effect, Schema } from "effect"

const positive = Schema.Int.check(Schema.isGreaterThan(0))

/** What the order of all epochs depends on. */
export const batchOptions = {
  /** Examples in an epoch. */
  count: positive,
  /** Examples a batch; the paper's 48. The last batch of an epoch may be smaller. */
  batchSize: positive.pipe(Schema.withDecodingDefault(Effect.succeed(48))),
  seed: Schema.Int.pipe(Schema.withDecodingDefault(Effect.succeed(0)))
}

const Options = Schema.Struct({
  ...batchOptions,
  /** 0-based. Each epoch has an order of its own. */
  epoch: Schema.Natural.pipe(Schema.withDecodingDefault(Effect.succeed(0)))
})
export type BatchPlanOptions = (typeof Options)["Encoded"]

/** The batches of one epoch. */
export interface BatchPlan {
  /** How many. */
  readonly batches: number
  /** Every example once, in random order [count]. */
  readonly order: Int32Array
  /** The examples of batch `i`, a view into `order` [<= batchSize]. */
  batch(i: number): Int32Array
}

/**
 * A seeded shuffle of one epoch, cut into batches. It depends on its options alone: any batch of any epoch can be asked for again.
 *
 * @throws OptionError
 */
export const batchPlan = (options: BatchPlanOptions): BatchPlan => {
  const { count, batchSize, seed, epoch } = decodeOptions("batchPlan", Options, options)
  const random = rng(seed).fork(`epoch ${epoch}`)
  const order = Int32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = random.int(i + 1)
    const held = order[i]!
    order[i] = order[j]!
    order[j] = held
  }
  const batches = Math.ceil(count / batchSize)
  return {
    batches,
    order,
    batch: (i) => {
      if (!Number.isInteger(i) || i < 0 || i >= batches) throw new RangeError(`batch ${i} of ${batches}`)
      return order.subarray(i * batchSize, (i + 1) * batchSize)
    }
  }
}
