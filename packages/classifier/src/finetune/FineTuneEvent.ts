import type { DataReport } from "../data/checkLabelled.ts"
import type { TokenClassifier } from "../predict/tokenClassifier.ts"

/** What fine-tuning tells. Steps and epochs are counted from 1. */
export type FineTuneEvent =
  | DataEvent
  | { readonly type: "resume"; readonly step: number; readonly path: string }
  | StepEvent
  | EvaluationEvent
  | { readonly type: "checkpoint"; readonly step: number; readonly path: string; readonly best: boolean }
  | { readonly type: "stop"; readonly step: number; readonly reason: "aborted" | "patience" }
  | DoneEvent

/** Comes first: what was found in the data. */
export interface DataEvent {
  readonly type: "data"
  readonly report: DataReport
}

/** One update was made. */
export interface StepEvent {
  readonly type: "step"
  readonly epoch: number
  readonly step: number
  /** Of all epochs. */
  readonly steps: number
  readonly loss: number
  readonly lr: number
  /** Before clipping. */
  readonly gradNorm: number
  readonly seconds: number
}

/** Scores on the dev set, as `predictWords` would do there. */
export interface DevScores {
  /** Mean log loss over words. */
  readonly loss: number
  /** Micro F1 of exact entities. */
  readonly entityF1: number
  readonly precision: number
  readonly recall: number
  /** Token macro F1. */
  readonly tokenF1: number
}

export interface EvaluationEvent {
  readonly type: "evaluation"
  readonly epoch: number
  readonly step: number
  readonly dev: DevScores
  /** Whether it is the best so far. */
  readonly best: boolean
  readonly seconds: number
}

export interface DoneEvent {
  readonly type: "done"
  /** Of the best epoch on the dev set, of the last where there is none. Owns its encoder: the caller disposes it. */
  readonly classifier: TokenClassifier
  readonly epoch: number
  /** Where a temperature was fitted: expected calibration error on the dev set before and after. */
  readonly calibration?: { readonly temperature: number; readonly before: number; readonly after: number }
}
