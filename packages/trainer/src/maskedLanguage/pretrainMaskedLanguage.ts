import { InputError, OptionError, rng } from "@nuner/core"
import { type Encoder, maxTokens } from "@nuner/encoder"
import {
  adamW,
  type CheckpointOptions,
  disposeAll,
  type Parameters,
  schedules,
  type TrainEvent,
  tf,
  train
} from "@nuner/engine"
import { batchPlan } from "@nuner/sampler"
import { fingerprint } from "../training/fingerprint.ts"
import { languageBatch } from "./languageBatch.ts"
import { initLanguageHead, languageLoss } from "./languageHead.ts"
import { decodeMaskedLanguageOptions, type MaskedLanguageOptions } from "./options.ts"
import { packRows } from "./packRows.ts"

export interface MaskedLanguageInput extends MaskedLanguageOptions {
  readonly texts: Iterable<string> | AsyncIterable<string>
  /** Trained in place. */
  readonly encoder: Encoder
  readonly checkpoint?: CheckpointOptions
  readonly signal?: AbortSignal
}

/** What is about to be done. Comes first. */
export interface MaskedLanguageStart {
  readonly type: "start"
  readonly steps: number
  /** The first of them that look back only. */
  readonly causalSteps: number
  readonly trainRows: number
  readonly validationRows: number
}

/** `evaluation` events carry `loss`: the masked loss on the validation rows, in nats a token. */
export type MaskedLanguageEvent = MaskedLanguageStart | TrainEvent

/**
 * Makes a base, or adapts one to a domain: left-to-right language modelling for the first part of the steps, then RoBERTa's dynamic
 * masking (Liu et al. 2019). The language-model head is made for the run and dropped after it. Deterministic, and resumes to the bit.
 *
 * @throws OptionError, InputError; NonFiniteError and CheckpointError of the training loop
 */
export async function* pretrainMaskedLanguage(
  input: MaskedLanguageInput
): AsyncGenerator<MaskedLanguageEvent, void, void> {
  const { checkpoint, encoder, signal, texts, ...options } = input
  const settings = decodeMaskedLanguageOptions(options)
  const { batchSize, rowTokens, seed } = settings
  const { config, tokenizer } = encoder
  if (rowTokens > maxTokens(config)) {
    const reason = `${rowTokens} tokens are more than the encoder's ${maxTokens(config)}`
    throw new OptionError({ component: "pretrainMaskedLanguage", option: "rowTokens", reason })
  }
  const packed = await packRows(texts, tokenizer, settings)
  const validationRows = Math.min(Math.floor(packed.rows / 2), Math.round(packed.rows * settings.validation))
  const trainRows = packed.rows - validationRows
  if (trainRows === 0) {
    throw new InputError({
      source: "texts",
      reason: `are shorter than one row of ${rowTokens} tokens`,
      remedy: "give more text, or a smaller rowTokens"
    })
  }
  const order = rng(seed)
    .fork("split")
    .shuffle(Array.from({ length: packed.rows }, (_, row) => row))
  const held = order.slice(0, validationRows)
  const training = order.slice(validationRows)
  const { first, last, mask, pad, unknown } = tokenizer.special
  if (mask === undefined) {
    const reason = "the tokenizer has no mask token"
    throw new OptionError({ component: "pretrainMaskedLanguage", option: "encoder", reason })
  }
  const specialIds = new Set([first, last, mask, pad, unknown].map(({ id }) => id))
  const masking = { ...settings, maskId: mask.id, vocabSize: tokenizer.vocabSize, specialIds }
  const steps = Math.max(1, Math.round(settings.tokens / (batchSize * rowTokens)))
  const causalSteps = Math.round(steps * settings.causal)
  const perEpoch = Math.ceil(trainRows / batchSize)
  const make = (index: number) => {
    const plan = batchPlan({ count: trainRows, batchSize, seed, epoch: Math.floor(index / perEpoch) })
    const rows = Array.from(plan.batch(index % perEpoch), (row) => training[row]!)
    return languageBatch(packed, rows, index < causalSteps, masking, rng(seed).fork(`mask ${index}`))
  }
  const model = { ...encoder, config: { ...config, dropout: settings.dropout, attentionDropout: settings.dropout } }
  const rows = new Uint8Array(packed.ids.buffer, packed.ids.byteOffset, packed.ids.byteLength)
  const head = initLanguageHead(config.hidden, config.vocabSize, seed)
  try {
    yield { type: "start", steps, causalSteps, trainRows, validationRows }
    const validate = () => {
      let loss = 0
      let predicted = 0
      for (let at = 0; at < held.length; at += batchSize) {
        const batch = languageBatch(
          packed,
          held.slice(at, at + batchSize),
          false,
          masking,
          rng(seed).fork(`held ${at}`)
        )
        loss += batch.positions.length * tf.tidy(() => languageLoss(model, head, batch).dataSync()[0]!)
        predicted += batch.positions.length
      }
      return { loss: loss / predicted }
    }
    yield* train({
      parameters: { ...encoder.parameters, ...head } satisfies Parameters,
      optimizer: adamW({ beta2: 0.98, eps: 1e-6, weightDecay: settings.weightDecay }),
      schedule: schedules.warmupStableDecay({
        peak: settings.learningRate,
        warmup: Math.round(settings.warmup * steps),
        decay: Math.min(Math.round(settings.decay * steps), steps - Math.round(settings.warmup * steps)),
        total: steps
      }),
      steps,
      batches: make,
      loss: (batch, { dropout }) =>
        languageLoss(model, head, batch, settings.dropout > 0 ? { ...dropout, site: "language" } : undefined),
      tokens: ({ rows, tokens }) => rows * tokens,
      clip: settings.clip,
      seed,
      ...(validationRows === 0 ? {} : { evaluate: { every: settings.validateEvery, run: validate } }),
      ...(checkpoint === undefined
        ? {}
        : { checkpoint: { fingerprint: await fingerprint(settings, [rows], encoder), ...checkpoint } }),
      ...(signal === undefined ? {} : { signal })
    })
  } finally {
    disposeAll(head)
  }
}
