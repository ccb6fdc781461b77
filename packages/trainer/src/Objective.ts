import type { DropoutStream, Examples, LossContext, Parameters, tf } from "@nuner/engine"

/** What an encoder is trained for: the part of a run that `trainObjective` does not know. Its tensors are freed by `dispose`. */
export interface Objective<Example, Batch, Scores extends { readonly loss: number }> {
  /** Everything that the loss depends on, by name: the encoder's parameters, a second encoder's, a head's. */
  readonly parameters: Parameters
  /** To train on. */
  readonly examples: Examples<Example>
  /** To validate on; `count` may be 0. */
  readonly held: Examples<Example>
  /** Puts examples together: pads, masks, finds the targets. `undefined`: they hold nothing to learn, the batch is skipped and told. */
  batch(examples: ReadonlyArray<Example>, place: BatchPlace): Promise<Batch | undefined>
  /** The mean loss of a batch, a scalar; called in a tidy scope. */
  loss(batch: Batch, context: ObjectiveContext): tf.Scalar
  /** Loss and scores over the held-out batches, without dropout. */
  validate(batches: AsyncIterable<Batch>): Promise<Scores>
  /** Tokens of a batch that count, for the speed. */
  tokens(batch: Batch): number
  /** Factor on the learning rate of a parameter. Default: 1 for all. */
  readonly rateOf?: (parameter: string) => number
  /** Which parameters decay. Default: those of rank 2 and more, so no biases and no LayerNorm. */
  readonly decay?: (parameter: string) => boolean
  /** What was met on the way and counted, for the log: sentences read, windows, names that were cut. */
  readonly reading: Readonly<Record<string, number>>
  dispose(): void
}

/** Where in a run a batch is made: whatever is random in it follows from this alone, so that a resumed run makes it again. */
export interface BatchPlace {
  /** "train 17", "held 3": names the batch's random numbers. */
  readonly name: string
  /** Part of the run that lies behind it, 0 to 1; 1 in validation. */
  readonly done: number
  /** Whether it is trained on, and not validated on. */
  readonly training: boolean
}

export interface ObjectiveContext {
  /** Absent: no dropout. The objective adds the site. */
  readonly dropout: DropoutStream | undefined
  /** Adds a number to the step event's metrics. */
  readonly report: LossContext["report"]
}
