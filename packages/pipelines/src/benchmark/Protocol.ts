import type { Entity } from "@nuner/core"
import type { LoadedEncoder } from "@nuner/encoder"
import type { Dataset } from "./Dataset.ts"
import type { Run } from "./Run.ts"
import type { TrainingSet } from "./TrainingSet.ts"

/** One model, one dataset, and the training sets that are still to be measured. */
export interface Task<Settings> {
  readonly settings: Settings
  readonly encoder: LoadedEncoder
  readonly dataset: Dataset
  readonly sets: ReadonlyArray<TrainingSet>
  readonly seed: number
  readonly signal: AbortSignal | undefined
}

export type ProtocolEvent =
  /** Sentences that went through the encoder. */
  | { readonly type: "encoding"; readonly done: number; readonly of: number }
  /** Updates of a fine-tuning. */
  | { readonly type: "training"; readonly set: TrainingSet; readonly done: number; readonly of: number }
  /** A set was learned: entities of each test sentence. */
  | {
      readonly type: "predicted"
      readonly set: TrainingSet
      readonly predicted: ReadonlyArray<{ readonly entities: ReadonlyArray<Entity> }>
      /** What was chosen in learning it, for the log. */
      readonly chosen: Pick<Run, "c">
    }

/** How an encoder becomes a NER model with a training set: predictions on the test set, a set after the other. */
export type Protocol<Settings> = (task: Task<Settings>) => AsyncGenerator<ProtocolEvent>
