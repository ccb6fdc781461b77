import {
  adamW,
  contrastiveBce,
  crossEntropy,
  disposeAll,
  dropout,
  type Parameters,
  schedules,
  type TrainEvent,
  type TrainOptions,
  tf,
  train
} from "../../src/index.ts"
import { tinyBatch, tinyForward, tinyParameters } from "./tinyEncoder.ts"

type Batch = typeof tinyBatch

/** A batch that depends on its number alone. */
export const numberedBatch = (index: number): Batch => ({
  ...tinyBatch,
  ids: tinyBatch.ids.map((id, i) => (id + index * (i + 1)) % 7)
})

/** A small run that uses everything a resume must bring back: dropout, accumulation, clipping, warm-up, evaluation. */
export const tinyOptions = (parameters: Parameters, more: Partial<TrainOptions<Batch>> = {}): TrainOptions<Batch> => ({
  parameters,
  optimizer: adamW({ weightDecay: 0.1 }),
  schedule: schedules.linear({ peak: 0.02, warmup: 3, total: 12 }),
  steps: 12,
  accumulate: 2,
  clip: 0.5,
  seed: 5,
  batches: numberedBatch,
  loss: ({ ids, mask, labels }, context) => {
    const logits = dropout(tinyForward(parameters, ids, mask), 0.2, { ...context.dropout, site: "logits" })
    return crossEntropy(logits, labels)
  },
  evaluate: { every: 3, run: () => ({ loss: validationLoss(parameters) }), best: { metric: "loss", mode: "min" } },
  ...more
})

/** A small run with all that could need numbers on the way: dropout in attention and beside it, the contrastive loss and its telemetry, clipping. */
export const telemetryOptions = (
  parameters: Parameters,
  more: Partial<TrainOptions<Batch>> = {}
): TrainOptions<Batch> => {
  const { evaluate: _, ...options } = tinyOptions(parameters)
  return {
    ...options,
    loss: ({ ids, mask, labels }, { dropout: stream, report }) => {
      const key = (site: string) => ({ ...stream, site })
      const logits = dropout(
        tinyForward(parameters, ids, mask, { rate: 0.1, key: key("attention") }),
        0.2,
        key("logits")
      )
      const cells = { tokens: Int32Array.of(0, 3, 5), concepts: Int32Array.of(1, 6, 2) }
      const h = tf.matMul(logits, parameters.head as tf.Tensor2D, false, true) as tf.Tensor2D
      const contrastive = contrastiveBce({ h, u: parameters.embedding as tf.Tensor2D }, cells, { report })
      return tf.add(crossEntropy(logits, labels), contrastive)
    },
    ...more
  }
}

export const validationLoss = (parameters: Parameters): number =>
  tf.tidy(() => crossEntropy(tinyForward(parameters, tinyBatch.ids, tinyBatch.mask), tinyBatch.labels).dataSync()[0]!)

/** All events of a run, without what a clock says. */
export const events = async <B>(
  options: TrainOptions<B>,
  seen: (event: TrainEvent) => boolean | undefined = () => undefined
): Promise<Array<TrainEvent>> => {
  const all: Array<TrainEvent> = []
  for await (const event of train(options)) {
    all.push("seconds" in event ? { ...event, seconds: 0 } : event)
    if (seen(event) === false) break
  }
  return all
}

/** Runs `body` with fresh parameters and gives its result and their final bits. */
export const withParameters = async <A>(
  body: (parameters: Parameters) => Promise<A>
): Promise<{ result: A; bits: string }> => {
  const parameters = tinyParameters()
  try {
    const result = await body(parameters)
    const bytes = Object.values(parameters).map((parameter) => Buffer.from(parameter.dataSync().buffer).toString("hex"))
    return { result, bits: bytes.join("\n") }
  } finally {
    disposeAll(parameters)
  }
}
