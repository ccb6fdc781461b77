import type { Counts } from "@nuner/core"
import type { TrainEvent } from "@nuner/engine"
import type { ContrastiveScores } from "./retrieval.ts"

/** What pre-training is about to do. Comes first. */
export interface PretrainStart {
  readonly type: "start"
  /** Optimizer steps in all. */
  readonly steps: number
  /** Of training and validation, in batches of `batchSize` windows. */
  readonly trainSentences: number
  readonly validationSentences: number
  /** Different concepts among the training sentences. */
  readonly concepts: number
  /** in = out + dropped, for sentences and for mentions. */
  readonly counts: { readonly sentences: Counts; readonly annotations: Counts }
  /** Mentions that no sub-token overlaps; they label nothing. */
  readonly lostMentions: number
  /** Sentences longer than a window. */
  readonly windowed: number
  /** Concept names longer than a window, which are cut to it. */
  readonly cutNames: number
  /** Part of the cells that are positive, over the first batches. */
  readonly positiveRate: number
  /** What the logit's offset starts at; absent without one. */
  readonly bias?: number
}

/** Scores on the validation sentences. Steps count optimizer updates; 0 is before the first. */
export interface PretrainValidation {
  readonly type: "validation"
  readonly step: number
  readonly scores: ContrastiveScores
}

/** `evaluation` events come with their scores as `validation`. */
export type PretrainEvent = PretrainStart | PretrainValidation | Exclude<TrainEvent, { readonly type: "evaluation" }>
