import type { DatasetReport } from "./Dataset.ts"
import type { Definition } from "./Definition.ts"
import type { Run } from "./Run.ts"

/** What a benchmark tells. */
export type BenchmarkEvent =
  /** A dataset was read and its sets were mined. */
  | { readonly type: "dataset"; readonly dataset: DatasetReport }
  | PlanEvent
  /** Sentences that went through the encoder. */
  | WorkEvent<"encoding">
  /** Updates of a fine-tuning. */
  | WorkEvent<"training">
  /** A set was measured; its line stands in the log. */
  | { readonly type: "run"; readonly run: Run }
  /** All of a model on a dataset is measured: `result` is what there is so far. */
  | { readonly type: "measured"; readonly dataset: string; readonly encoder: string; readonly result: BenchmarkResult }
  | { readonly type: "done"; readonly result: BenchmarkResult }

/** Comes once, after the datasets. */
export interface PlanEvent {
  readonly type: "plan"
  /** Runs that the definition asks for and the data allows. */
  readonly runs: number
  /** Of them, those that stand in the log already. */
  readonly kept: number
  /** Those to make; models of equal weights are measured once. */
  readonly missing: number
  /** Lines of the log that belong to other settings, data or weights; they stay there, and in no table. */
  readonly stale: number
}

/** Progress within a model on a dataset. */
export interface WorkEvent<Type extends string> {
  readonly type: Type
  readonly dataset: string
  readonly encoder: string
  readonly model: number
  readonly done: number
  readonly of: number
}

export interface BenchmarkResult {
  readonly definition: Definition
  readonly datasets: ReadonlyArray<DatasetReport>
  /** In the order of datasets, encoders, models, sizes and sets. */
  readonly runs: ReadonlyArray<Run>
}
