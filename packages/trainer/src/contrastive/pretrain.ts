import { createHash } from "node:crypto"
import { type AlignedSentence, InputError } from "@nuner/core"
import { bottomParameters, type Encoder, type Model, maxTokens } from "@nuner/encoder"
import { adamW, type CheckpointOptions, type Parameters, schedules, tf, train } from "@nuner/engine"
import { batchPlan, conceptFrequencies, selectConcepts, splitSentences } from "@nuner/sampler"
import { prepareExamples } from "../data/examples.ts"
import { type BatchSettings, type ContrastiveBatch, conceptNameTokens, contrastiveBatch } from "./ContrastiveBatch.ts"
import { type ContrastiveModel, contrastiveLoss } from "./contrastiveLoss.ts"
import { decodePretrainOptions, type PretrainOptions, type PretrainSettings } from "./options.ts"
import type { PretrainEvent } from "./PretrainEvent.ts"
import type { ContrastiveScores } from "./retrieval.ts"
import { validateContrastive } from "./validate.ts"

export interface PretrainInput extends PretrainOptions {
  readonly sentences: ReadonlyArray<AlignedSentence>
  /** Trained in place: this is NuNER when the events end. */
  readonly text: Encoder
  /** The encoder of concept names, trained in place. Default: a copy of `text` as it is at the start, freed at the end (section 3.3). */
  readonly concept?: Model
  /** Where to keep checkpoints, and to go on from. Default: none are kept. */
  readonly checkpoint?: CheckpointOptions
  /** Aborting stops after the step under way, with a checkpoint where there is a place for one. */
  readonly signal?: AbortSignal
}

/** The batches by which the positive rate is measured before training. */
const RATE_BATCHES = 20

/**
 * NuNER's pre-training (Bogdanov et al. 2024, section 3.2 and 3.3): a text encoder learns to put each token near the vectors of the
 * concepts that it instantiates, by binary cross-entropy over token x concept pairs of a batch.
 *
 * Sentences with an uninformative concept ("concept") and without any mention are left out and counted. The run is a function of
 * its options, sentences and weights; with `checkpoint` it resumes equal to the bit.
 *
 * @throws OptionError, InputError; NonFiniteError and CheckpointError of the training loop
 */
export async function* pretrain(input: PretrainInput): AsyncGenerator<PretrainEvent, void, void> {
  const { checkpoint, concept: given, sentences, signal, text, ...options } = input
  const settings = decodePretrainOptions(options)
  const { config, tokenizer } = text
  const { seed, batchSize } = settings
  const selection = selectConcepts(sentences, settings.topConcepts === undefined ? {} : { top: settings.topConcepts })
  if (selection.sentences.length < 2) {
    throw new InputError({
      source: "sentences",
      reason: `${selection.sentences.length} of ${sentences.length} sentences have a concept to train on`,
      remedy: "annotate and align more text"
    })
  }
  const split = splitSentences(selection.sentences, { validation: settings.validation, seed })
  const window = Math.min(settings.maxTokens ?? Number.POSITIVE_INFINITY, maxTokens(config))
  const training = await prepareExamples(split.train, tokenizer, window)
  const held = await prepareExamples(split.validation, tokenizer, window)
  const batchSettings: BatchSettings = {
    tokenizer,
    maxNameTokens: window,
    maskNearSynonyms: settings.maskNearSynonyms
  }
  const tokensOf = conceptNameTokens(tokenizer)
  const names = conceptFrequencies(selection.sentences).concepts.map(({ concept }) => concept)
  const cutNames = (await tokensOf(names)).filter(({ length }) => length > window).length
  const plan = { count: training.examples.length, batchSize, seed }
  const perEpoch = Math.ceil(plan.count / batchSize)
  const batch = (index: number): Promise<ContrastiveBatch | undefined> => {
    const { batch } = batchPlan({ ...plan, epoch: Math.floor(index / perEpoch) })
    const rows = Array.from(batch(index % perEpoch), (row) => training.examples[row]!)
    return contrastiveBatch(rows, tokensOf, batchSettings)
  }
  async function* validationBatches(): AsyncGenerator<ContrastiveBatch> {
    for (let at = 0; at < held.examples.length; at += batchSize) {
      const made = await contrastiveBatch(held.examples.slice(at, at + batchSize), tokensOf, batchSettings)
      if (made !== undefined) yield made
    }
  }
  const positiveRate = await measureRate(batch, Math.min(RATE_BATCHES, perEpoch))
  const offset = settings.bias === "none" ? undefined : Math.log(positiveRate / (1 - positiveRate))
  const steps = settings.steps ?? Math.ceil((perEpoch * settings.epochs) / settings.accumulate)

  const concept = given ?? copy(text)
  const bias = offset === undefined ? undefined : tf.tidy(() => tf.variable(tf.scalar(offset)))
  const wasTrainable = new Map(Object.values(text.parameters).map((parameter) => [parameter, parameter.trainable]))
  const frozen = frozenLayers(settings, config.layers)
  if (frozen !== undefined) {
    for (const name of bottomParameters(config, frozen)) text.parameters[name]!.trainable = false
  }
  const dropout = { dropout: settings.dropout, attentionDropout: settings.dropout }
  const model: ContrastiveModel = {
    text: { ...text, config: { ...config, ...dropout } },
    concept: { ...concept, config: { ...concept.config, ...dropout } },
    scale: 1 / (settings.temperature === "sqrt-hidden" ? Math.sqrt(config.hidden) : settings.temperature),
    bias,
    conceptPooling: settings.conceptPooling,
    frozenLayers: frozen
  }
  try {
    yield {
      type: "start",
      steps,
      trainSentences: split.train.length,
      validationSentences: split.validation.length,
      concepts: conceptFrequencies(split.train).concepts.length,
      counts: selection.counts,
      lostMentions: training.lostMentions + held.lostMentions,
      windowed: training.windowed + held.windowed,
      cutNames,
      positiveRate,
      ...(offset === undefined ? {} : { bias: offset })
    }
    let scores: ContrastiveScores | undefined
    const validate = async () => {
      scores = await validateContrastive(model, validationBatches())
      return { ...scores }
    }
    if (held.examples.length > 0) {
      await validate()
      yield { type: "validation", step: 0, scores: scores! }
    }
    const events = train({
      parameters: named(text.parameters, concept.parameters, bias),
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
      steps,
      batches: batch,
      loss: (made, { dropout: stream, report }) =>
        contrastiveLoss(model, made, {
          dropout: settings.dropout > 0 ? { ...stream, site: "contrastive" } : undefined,
          report
        }),
      tokens: ({ targets }) => targets.tokenMask.reduce((sum, counted) => sum + counted, 0),
      accumulate: settings.accumulate,
      ...(settings.clip === undefined ? {} : { clip: settings.clip }),
      seed,
      ...(held.examples.length === 0
        ? {}
        : {
            evaluate: {
              every: settings.validateEvery ?? Math.max(1, Math.ceil(perEpoch / settings.accumulate)),
              run: validate,
              best: { metric: "loss", mode: "min" as const }
            }
          }),
      ...(checkpoint === undefined
        ? {}
        : { checkpoint: { fingerprint: fingerprint(settings, selection.sentences), ...checkpoint } }),
      ...(signal === undefined ? {} : { signal })
    })
    for await (const event of events) {
      if (event.type === "evaluation") yield { type: "validation", step: event.step, scores: scores! }
      else yield event
    }
  } finally {
    for (const [parameter, trainable] of wasTrainable) parameter.trainable = trainable
    bias?.dispose()
    if (given === undefined) tf.dispose(concept.parameters)
  }
}

const frozenLayers = ({ frozenLayers }: PretrainSettings, layers: number): number | undefined => {
  const count = frozenLayers === "half" ? Math.floor(layers / 2) : Math.min(frozenLayers, layers)
  return count === 0 ? undefined : count
}

/** A second encoder of the same architecture that starts with the same weights. */
const copy = ({ config, parameters }: Encoder): Model => ({
  config,
  parameters: Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [name, tf.tidy(() => tf.variable(tf.clone(parameter)))])
  )
})

const named = (text: Parameters, concept: Parameters, bias: tf.Variable | undefined): Parameters => ({
  ...Object.fromEntries(Object.entries(text).map(([name, parameter]) => [`text.${name}`, parameter])),
  ...Object.fromEntries(Object.entries(concept).map(([name, parameter]) => [`concept.${name}`, parameter])),
  ...(bias === undefined ? {} : { "logit.bias": bias })
})

const measureRate = async (
  batch: (index: number) => Promise<ContrastiveBatch | undefined>,
  batches: number
): Promise<number> => {
  let positives = 0
  let cells = 0
  for (let index = 0; index < batches; index++) {
    const targets = (await batch(index))?.targets
    positives += targets?.positives.tokens.length ?? 0
    cells += targets?.cells ?? 0
  }
  if (positives === 0) {
    throw new InputError({
      source: "sentences",
      reason: "no sub-token is labelled in the first batches",
      remedy: "check that mentions are offsets into their sentence's text"
    })
  }
  return Math.min(0.5, positives / cells)
}

/** What a checkpoint must agree on: the settings and the sentences. */
const fingerprint = (settings: PretrainSettings, sentences: ReadonlyArray<AlignedSentence>): string => {
  const hash = createHash("sha256").update(JSON.stringify(settings))
  for (const { id, mentions, text } of sentences) hash.update(JSON.stringify([id, text, mentions]))
  return hash.digest("hex").slice(0, 16)
}
