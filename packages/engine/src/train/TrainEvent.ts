/** What the training loop tells. Steps are counted from 1: the number of updates made. */
export type TrainEvent = ResumeEvent | StepEvent | SkipEvent | EvaluationEvent | CheckpointEvent | StopEvent | DoneEvent

/** Training goes on from a checkpoint; `step` updates were made before. */
export interface ResumeEvent {
  readonly type: "resume"
  readonly step: number
  readonly path: string
}

/** One update was made. */
export interface StepEvent {
  readonly type: "step"
  readonly step: number
  /** Mean over the micro-batches. */
  readonly loss: number
  readonly lr: number
  /** Global norm of the gradient, before clipping. */
  readonly gradNorm: number
  /** From fetching the batch to the end of the update. */
  readonly seconds: number
  /** Where `tokens` is given. */
  readonly tokens?: number
  readonly tokensPerSecond?: number
  /** Micro-batches that were undefined, where there were any. */
  readonly skipped?: number
  /** What the loss reported, as means over the micro-batches. */
  readonly metrics?: Readonly<Record<string, number>>
}

/** Every micro-batch of the step was undefined: no update, but the schedule goes on. */
export interface SkipEvent {
  readonly type: "skip"
  readonly step: number
  readonly skipped: number
}

export interface EvaluationEvent {
  readonly type: "evaluation"
  readonly step: number
  readonly metrics: Readonly<Record<string, number>>
  /** Whether it is the best so far, where a metric decides. */
  readonly best?: boolean
  readonly seconds: number
}

export interface CheckpointEvent {
  readonly type: "checkpoint"
  readonly step: number
  readonly path: string
  /** Whether its weights are the best so far. */
  readonly best: boolean
}

/** Training ended before its last step. */
export interface StopEvent {
  readonly type: "stop"
  readonly step: number
  readonly reason: "aborted" | "patience"
}

export interface DoneEvent {
  readonly type: "done"
  readonly step: number
  readonly best?: Best
}

/** The best evaluation so far. */
export interface Best {
  readonly step: number
  readonly metric: string
  readonly value: number
}
