import { EngineError } from "../errors.ts"
import type { Telemetry } from "../loss/contrastiveBce.ts"
import type { DropoutStream } from "../nn/dropout.ts"
import type { Parameters } from "../nn/Parameters.ts"
import type { Optimizer } from "../optim/adamW.ts"
import type { Schedule } from "../optim/schedules.ts"
import type { tf } from "../tf.ts"

export interface TrainOptions<Batch> {
  /** Trained in place; those that are not `trainable` stay as they are. */
  readonly parameters: Parameters
  readonly optimizer: Optimizer
  /** The learning rate of an update; the first is step 0. */
  readonly schedule: Schedule
  /** Updates in all, those before a resume included. */
  readonly steps: number
  /**
   * The micro-batch of a number: 0, 1, 2, ... through the whole run, `accumulate` of them a step. It must depend on the number
   * alone, since a resumed run asks from where it stopped. Undefined: nothing to learn there; skipped and told.
   */
  readonly batches: (index: number) => Batch | undefined | Promise<Batch | undefined>
  /** Micro-batches that are made before the step that learns from them, while another computes. Default 0. */
  readonly readAhead?: number
  /** The mean loss of a micro-batch; runs in a tidy scope. */
  readonly loss: (batch: Batch, context: LossContext) => tf.Scalar
  /** Micro-batches of one update; their gradients are averaged. Default 1. */
  readonly accumulate?: number
  /** Greatest global norm of the gradient. Default: no clipping. */
  readonly clip?: number
  /** Of dropout. Default 0. */
  readonly seed?: number
  /** Tokens of a micro-batch, for the speed in step events. */
  readonly tokens?: (batch: Batch) => number
  readonly evaluate?: EvaluateOptions
  readonly checkpoint?: CheckpointOptions
  /** Ends training before the next micro-batch, with a checkpoint where there is a directory for one. */
  readonly signal?: AbortSignal
}

export interface LossContext {
  /** The update being computed, counted from 1. */
  readonly step: number
  /** Seed and micro-batch number; a model adds the site. */
  readonly dropout: DropoutStream
  /** Adds a number to the step event's metrics; a promise is awaited when the step's gradients are there. */
  readonly report: Telemetry
}

export interface EvaluateOptions {
  /** Steps between evaluations; the last step is always evaluated. */
  readonly every: number
  /** Validation metrics of the parameters as they are. */
  readonly run: (step: number) => Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>
  /** The metric that decides which weights are best, and in which direction. Default: none. */
  readonly best?: { readonly metric: string; readonly mode: "min" | "max" }
  /** Evaluations without a new best after which training stops. Default: never. Needs `best`. */
  readonly patience?: number
}

export interface CheckpointOptions {
  /** Where checkpoints are kept. Training goes on from the latest one it holds. */
  readonly directory: string
  /** Steps between checkpoints; the last step and each new best are always kept. */
  readonly every: number
  /** How many of the latest stay, besides the best. Default 2. */
  readonly keep?: number
  /** What makes this run this run, for example a hash of its settings and data. A checkpoint of another fingerprint is refused. */
  readonly fingerprint?: string
}

/** @throws EngineError naming the option that is out of range */
export const checkTrainOptions = <Batch>(options: TrainOptions<Batch>): void => {
  const { accumulate, clip, evaluate, checkpoint } = options
  const counts: Record<string, number | undefined> = {
    accumulate,
    "evaluate.every": evaluate?.every,
    "evaluate.patience": evaluate?.patience,
    "checkpoint.every": checkpoint?.every,
    "checkpoint.keep": checkpoint?.keep
  }
  for (const [name, value] of Object.entries(counts)) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) fail(name, "a whole number >= 1", value)
  }
  for (const name of ["steps", "readAhead"] as const) {
    const value = options[name] ?? 0
    if (!(Number.isInteger(value) && value >= 0)) fail(name, "a whole number >= 0", value)
  }
  if (clip !== undefined && !(clip > 0)) fail("clip", "greater than 0", clip)
  if (evaluate?.patience !== undefined && !evaluate.best) fail("evaluate.patience", "given together with evaluate.best")
}

const fail = (name: string, must: string, value?: number): never => {
  throw new EngineError(`train: option "${name}" must be ${must}${value === undefined ? "" : `, it is ${value}`}`)
}

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
