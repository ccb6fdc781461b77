import type { Counts } from "@nuner/core"
import type { EncoderTrainingEvent, ValidationEvent } from "../training/trainEncoder.ts"
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

export type PretrainValidation = ValidationEvent<ContrastiveScores>
export type PretrainEvent = PretrainStart | EncoderTrainingEvent<ContrastiveScores>
