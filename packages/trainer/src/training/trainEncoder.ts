import { OptionError } from "@nuner/core"
import { bottomParameters, type Encoder } from "@nuner/encoder"
import {
  adamW,
  bestCheckpoint,
  type CheckpointOptions,
  loadCheckpoint,
  schedules,
  type TrainEvent,
  type TrainOptions,
  train
} from "@nuner/engine"
import type { TrainingSettings } from "./settings.ts"

/** What an objective gives to the loop that all of them share. */
export interface EncoderTraining<Batch, Scores>
  extends Pick<TrainOptions<Batch>, "parameters" | "batches" | "loss" | "tokens"> {
  readonly settings: TrainingSettings
  /** Whose bottom layers may be frozen; part of `parameters`. */
  readonly encoder: Encoder
  readonly batchesPerEpoch: number
  /** Scores on the validation sentences; absent: there are none. */
  readonly validate: (() => Promise<Scores>) | undefined
  readonly fingerprint: string
  readonly checkpoint: CheckpointOptions | undefined
  readonly signal: AbortSignal | undefined
}

/** Scores on the validation sentences. Steps count optimizer updates; 0 is before the first. */
export interface ValidationEvent<Scores> {
  readonly type: "validation"
  readonly step: number
  readonly scores: Scores
}

/** `evaluation` events come with their scores as `validation`. */
export type EncoderTrainingEvent<Scores> =
  | ValidationEvent<Scores>
  | Exclude<TrainEvent, { readonly type: "evaluation" }>

/** Optimizer steps of a run. */
export const stepsOf = ({ accumulate, epochs, steps }: TrainingSettings, batchesPerEpoch: number): number =>
  steps ?? Math.ceil((batchesPerEpoch * epochs) / accumulate)

/** How many bottom layers are frozen; `undefined`: nothing is. */
export const frozenLayersOf = ({ frozenLayers }: TrainingSettings, layers: number): number | undefined => {
  const count = frozenLayers === "half" ? Math.floor(layers / 2) : Math.min(frozenLayers, layers)
  return count === 0 ? undefined : count
}

/**
 * Trains an encoder in place: AdamW, linear warm-up and decay, bottom layers frozen while it lasts, validation before the first step and
 * at intervals, checkpoints.
 *
 * @throws OptionError, and what the training loop throws (NonFiniteError, CheckpointError)
 */
export async function* trainEncoder<Batch, Scores extends { readonly loss: number }>(
  training: EncoderTraining<Batch, Scores>
): AsyncGenerator<EncoderTrainingEvent<Scores>, void, void> {
  const { batches, batchesPerEpoch, checkpoint, encoder, loss, parameters, settings, signal, tokens, validate } =
    training
  if (settings.weights === "best" && (checkpoint === undefined || validate === undefined)) {
    const reason = `"best" needs ${checkpoint === undefined ? "a checkpoint directory" : "sentences to validate on"}`
    throw new OptionError({ component: "pretrain", option: "weights", reason })
  }
  const steps = stepsOf(settings, batchesPerEpoch)
  const frozen = frozenLayersOf(settings, encoder.config.layers)
  const bottom = frozen === undefined ? [] : bottomParameters(encoder.config, frozen)
  const wereTrainable = bottom.map((name) => [encoder.parameters[name]!, encoder.parameters[name]!.trainable] as const)
  for (const [parameter] of wereTrainable) parameter.trainable = false
  try {
    let scores: Scores | undefined
    if (validate) yield { type: "validation", step: 0, scores: await validate() }
    const run = async () => {
      scores = await validate!()
      return { loss: scores.loss }
    }
    const events = train({
      ...{ parameters, batches, loss, steps, seed: settings.seed, accumulate: settings.accumulate },
      ...(tokens && { tokens }),
      optimizer: adamW({
        beta1: settings.beta1,
        beta2: settings.beta2,
        eps: settings.epsilon,
        weightDecay: settings.weightDecay
      }),
      schedule: schedules.linear({
        peak: settings.learningRate,
        warmup: Math.round(settings.warmup * steps),
        total: steps
      }),
      ...(settings.clip !== undefined && { clip: settings.clip }),
      ...(validate && {
        evaluate: {
          every: settings.validateEvery ?? Math.max(1, Math.ceil(batchesPerEpoch / settings.accumulate)),
          run,
          best: { metric: "loss", mode: "min" as const }
        }
      }),
      ...(checkpoint && { checkpoint: { fingerprint: training.fingerprint, ...checkpoint } }),
      ...(signal && { signal })
    })
    for await (const event of events) {
      if (event.type === "evaluation") yield { type: "validation", step: event.step, scores: scores! }
      else if (event.type === "done" && settings.weights === "best") {
        const best = await bestCheckpoint(checkpoint!.directory)
        if (best) await loadCheckpoint(best, parameters)
        yield event
      } else yield event
    }
  } finally {
    for (const [parameter, trainable] of wereTrainable) parameter.trainable = trainable
  }
}
