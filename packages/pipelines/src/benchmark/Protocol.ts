import type { LoadedEncoder } from "@nuner/encoder"
import type { Dataset } from "./Dataset.ts"
import type { Predicted, Run } from "./Run.ts"
import type { TrainingSet } from "./TrainingSet.ts"

/** A way to read a model, and the training sets that are still to be measured with it. */
export interface Reading<Settings> {
  readonly settings: Settings
  /** Of the model: those of one task have the same weights. */
  readonly directory: string
  readonly sets: ReadonlyArray<TrainingSet>
  /** Where training on a set keeps its checkpoints; it goes on from one that stands there. Absent: nowhere. */
  readonly checkpointsOf?: ((set: TrainingSet) => string) | undefined
}

/** One model on one dataset. */
export interface Task<Settings> {
  readonly readings: ReadonlyArray<Reading<Settings>>
  readonly encoder: LoadedEncoder
  readonly dataset: Dataset
  readonly seed: number
  readonly signal: AbortSignal | undefined
}

export type ProtocolEvent =
  /** Sentences that went through the encoder. */
  | { readonly type: "encoding"; readonly done: number; readonly of: number }
  /** Updates of a fine-tuning. */
  | { readonly type: "training"; readonly set: TrainingSet; readonly done: number; readonly of: number }
  /** A set was learned. */
  | {
      readonly type: "predicted"
      /** Its place among the task's readings. */
      readonly reading: number
      readonly set: TrainingSet
      readonly predicted: Predicted
      /** What was chosen in learning it, for the log. */
      readonly chosen: Pick<Run, "c" | "scheme">
    }

/** How an encoder becomes a NER model with a training set: predictions on the test set, a set after the other. */
export type Protocol<Settings> = (task: Task<Settings>) => AsyncGenerator<ProtocolEvent>
