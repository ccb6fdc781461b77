import { InputError, OptionError } from "@nuner/core"
import { type Encoder, freezeEncoder, mergeLora } from "@nuner/encoder"
import {
  adamW,
  bestCheckpoint,
  type CheckpointOptions,
  type Examples,
  fingerprint,
  listCheckpoints,
  loadCheckpoint,
  planEpochs,
  schedules,
  type TrainEvent,
  train
} from "@nuner/engine"
import { frozenOf } from "./encoderPass.ts"
import type { Objective } from "./Objective.ts"
import type { SentenceSettings, TrainingSettings } from "./options.ts"

/** Where a run is kept and how it is stopped: the same for every objective. */
export interface RunOptions {
  /**
   * Where to keep checkpoints, and to go on from: with the encoder as it was when the run began, loaded again, and not the one that was trained in
   * place. Default: none are kept.
   */
  readonly checkpoint?: CheckpointOptions | undefined
  /** Aborting stops after the step under way, with a checkpoint where there is a place for one. */
  readonly signal?: AbortSignal | undefined
}

export interface ObjectiveRun<Example, Batch, Scores extends { readonly loss: number }> extends RunOptions {
  readonly objective: Objective<Example, Batch, Scores>
  /** Whose bottom layers may be frozen; its parameters are among the objective's. Adapters are merged into it before the last event. */
  readonly encoder: Encoder
  /** Another one that is trained with it, never frozen. */
  readonly beside?: Encoder
  readonly settings: TrainingSettings & Partial<Pick<SentenceSettings, "bucketWindow">>
  /** Optimizer steps in all. */
  readonly steps: number
}

/** Scores on the held-out examples. Steps count optimizer updates; 0 is before the first. A run that goes on has those of its checkpoint. */
export interface ValidationEvent<Scores> {
  readonly type: "validation"
  readonly step: number
  readonly scores: Scores
}

/** What was met and counted in the examples that this process read; comes before the last event. */
export interface ReadEvent {
  readonly type: "read"
  readonly counts: Readonly<Record<string, number>>
}

/** `evaluation` events come with their scores as `validation`. */
export type TrainingEvent<Scores> =
  | ValidationEvent<Scores>
  | ReadEvent
  | Exclude<TrainEvent, { readonly type: "evaluation" }>

/** Batches that are read and tokenised while a step computes. */
const READ_AHEAD = 2

/**
 * The one recipe by which an encoder is trained in place, for whatever objective: AdamW under a schedule, bottom layers frozen while it
 * lasts, validation where it begins or goes on and at intervals, early stopping, checkpoints. A function of its arguments, to the bit, also when
 * it was cut short and goes on.
 *
 * @throws OptionError; InputError where no batch has anything to learn; what the training loop throws (NonFiniteError, CheckpointError)
 */
export async function* trainObjective<Example, Batch, Scores extends { readonly loss: number }>(
  run: ObjectiveRun<Example, Batch, Scores>
): AsyncGenerator<TrainingEvent<Scores>, void, void> {
  const { beside, checkpoint, encoder, objective, settings, signal, steps } = run
  const { accumulate, batchSize, dropout, seed } = settings
  const { examples, held, parameters } = objective
  checkValidation(settings, held, checkpoint)

  // Which examples a batch has: each once an epoch, in an order that follows from the seed.
  const { batch: batchOf, perEpoch } = planEpochs({
    count: examples.count,
    batchSize,
    seed,
    lengths: examples.lengths,
    bucketWindow: settings.bucketWindow
  })
  const batches = async (index: number) => {
    const place = { name: `train ${index}`, done: index / (steps * accumulate), training: true }
    return objective.batch(await examples.at(batchOf(index)), place)
  }
  async function* heldBatches() {
    for (let from = 0; from < held.count; from += batchSize) {
      const numbers = Int32Array.from({ length: Math.min(batchSize, held.count - from) }, (_, i) => from + i)
      const batch = await objective.batch(await held.at(numbers), { name: `held ${from}`, done: 1, training: false })
      if (batch !== undefined) yield batch
    }
  }

  // How the weights move.
  const optimizer = adamW({
    beta1: settings.beta1,
    beta2: settings.beta2,
    eps: settings.epsilon,
    weightDecay: settings.weightDecay,
    ...(objective.rateOf && { rateOf: objective.rateOf }),
    ...(objective.decay && { decay: objective.decay })
  })
  const schedule = scheduleOf(settings, steps)
  const validateEvery = settings.validateEvery ?? Math.max(1, Math.ceil(perEpoch / accumulate))
  let scores: Scores | undefined
  const validate = async () => {
    scores = await objective.validate(heldBatches())
    return { loss: scores.loss }
  }

  const thaws = [freezeEncoder(encoder, frozenOf(encoder, settings)), beside && freezeEncoder(beside, undefined)]
  try {
    const goesOn = checkpoint !== undefined && (await listCheckpoints(checkpoint.directory)).length > 0
    if (held.count > 0 && !goesOn && signal?.aborted !== true) {
      await validate()
      yield { type: "validation", step: 0, scores: scores! }
    }
    const events = train({
      parameters,
      optimizer,
      schedule,
      steps,
      batches,
      readAhead: READ_AHEAD,
      loss: (batch, { dropout: stream, report }) =>
        objective.loss(batch, { dropout: dropout > 0 ? stream : undefined, report }),
      tokens: (batch) => objective.tokens(batch),
      accumulate,
      seed,
      ...(settings.clip !== undefined && { clip: settings.clip }),
      ...(held.count > 0 && {
        evaluate: {
          every: validateEvery,
          run: validate,
          best: { metric: "loss", mode: "min" as const },
          ...(settings.patience !== undefined && { patience: settings.patience })
        }
      }),
      ...(checkpoint && {
        checkpoint: {
          fingerprint: await fingerprint(
            [settings, steps, encoder.config, examples.fingerprint, held.fingerprint],
            parameters
          ),
          ...checkpoint
        }
      }),
      ...(signal && { signal })
    })
    let learned = false
    for await (const event of events) {
      if (event.type === "step" || event.type === "resume") learned = true
      if (event.type === "skip" && !learned && event.step === Math.min(steps, Math.ceil(perEpoch / accumulate))) {
        const reason = `none of the first ${event.step} batches has anything to learn`
        throw new InputError({ source: "sentences", reason, remedy: "check that mentions are offsets into their text" })
      }
      const ended = event.type === "done" || (event.type === "stop" && event.reason === "patience")
      if (ended && settings.weights === "best") {
        const best = await bestCheckpoint(checkpoint!.directory)
        if (best) await loadCheckpoint(best, parameters)
      }
      if (event.type === "done" || event.type === "stop") {
        for (const one of [encoder, beside]) if (one) mergeLora(one)
        yield { type: "read", counts: { ...objective.reading } }
      }
      if (event.type === "evaluation") yield { type: "validation", step: event.step, scores: scores! }
      else yield event
      // Where nothing is left to do, these are the last ones.
      if (event.type === "resume" && held.count > 0) {
        await validate()
        yield { type: "validation", step: event.step, scores: scores! }
      }
    }
  } finally {
    for (const thaw of thaws) thaw?.()
  }
}

const scheduleOf = ({ decay, learningRate: peak, schedule, warmup: part }: TrainingSettings, total: number) => {
  const warmup = Math.round(part * total)
  if (schedule === "linear") return schedules.linear({ peak, warmup, total })
  if (schedule === "cosine") return schedules.cosine({ peak, warmup, total })
  return schedules.warmupStableDecay({
    peak,
    warmup,
    total,
    decay: Math.min(Math.round(decay * total), total - warmup)
  })
}

/** What is decided by the validation loss needs one, and the best weights must have been kept. */
const checkValidation = (
  { patience, weights }: TrainingSettings,
  held: Examples<unknown>,
  checkpoint: CheckpointOptions | undefined
): void => {
  const fail = (option: string, reason: string): never => {
    throw new OptionError({ component: "pretrain", option, reason })
  }
  const nothing = held.count === 0
  if (weights === "best" && checkpoint === undefined) fail("weights", '"best" needs a checkpoint directory')
  if (weights === "best" && nothing) fail("weights", '"best" needs examples to validate on')
  if (patience !== undefined && nothing) fail("patience", "needs examples to validate on")
}
