import { decodeOptions } from "@nuner/core"
import { Effect, Schema } from "effect"
import { batchOptions, batchPlan } from "./batchPlan.ts"

/** A place in the sequence of batches, as JSON in a checkpoint. */
export const BatchCursor = Schema.Struct({ epoch: Schema.Natural, batch: Schema.Natural })
export interface BatchCursor extends Schema.Schema.Type<typeof BatchCursor> {}

const Options = Schema.Struct({
  ...batchOptions,
  /** Passes over the examples, those before `from` included. */
  epochs: Schema.Natural.pipe(Schema.withDecodingDefault(Effect.succeed(1))),
  /** Where to start: the `next` of the last batch that was done. */
  from: BatchCursor.pipe(Schema.withDecodingDefault(Effect.succeed({ epoch: 0, batch: 0 })))
})
export type EpochBatchesOptions = (typeof Options)["Encoded"]

export interface PlannedBatch extends BatchCursor {
  /** Indices of the examples [<= batchSize]. */
  readonly indices: Int32Array
  /** Where to go on after this batch. */
  readonly next: BatchCursor
}

/**
 * The batches of `epochs` epochs, one shuffle each. Started again from a cursor it goes on exactly where it was.
 *
 * @throws OptionError at the first batch
 */
export function* epochBatches(options: EpochBatchesOptions): Generator<PlannedBatch> {
  const { epochs, from, ...plan } = decodeOptions("epochBatches", Options, options)
  for (let epoch = from.epoch; epoch < epochs; epoch++) {
    const { batches, batch } = batchPlan({ ...plan, epoch })
    for (let i = epoch === from.epoch ? from.batch : 0; i < batches; i++) {
      const next = i + 1 < batches ? { epoch, batch: i + 1 } : { epoch: epoch + 1, batch: 0 }
      yield { epoch, batch: i, indices: batch(i), next }
    }
  }
}
