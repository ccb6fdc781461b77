import { type AlignedSentence, InputError } from "@nuner/core"
import { type Encoder, type Model, maxTokens } from "@nuner/encoder"
import { type CheckpointOptions, type Parameters, tf } from "@nuner/engine"
import { batchPlan, conceptFrequencies, splitSentences } from "@nuner/sampler"
import { prepareExamples } from "../data/examples.ts"
import { fingerprint } from "../training/fingerprint.ts"
import { frozenLayersOf, stepsOf, trainEncoder } from "../training/trainEncoder.ts"
import { type BatchSettings, type ContrastiveBatch, conceptNameTokens, contrastiveBatch } from "./ContrastiveBatch.ts"
import { type ContrastiveModel, contrastiveLoss } from "./contrastiveLoss.ts"
import { decodePretrainOptions, type PretrainOptions } from "./options.ts"
import type { PretrainEvent } from "./PretrainEvent.ts"
import { selectSentences } from "./selectSentences.ts"
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
  const selection = selectSentences(sentences, settings)
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

  const concept = given ?? copy(text)
  const bias = offset === undefined ? undefined : tf.tidy(() => tf.variable(tf.scalar(offset)))
  const dropout = { dropout: settings.dropout, attentionDropout: settings.dropout }
  const model: ContrastiveModel = {
    text: { ...text, config: { ...config, ...dropout } },
    concept: { ...concept, config: { ...concept.config, ...dropout } },
    scale: 1 / (settings.temperature === "sqrt-hidden" ? Math.sqrt(config.hidden) : settings.temperature),
    bias,
    conceptPooling: settings.conceptPooling,
    frozenLayers: frozenLayersOf(settings, config.layers)
  }
  try {
    yield {
      type: "start",
      steps: stepsOf(settings, perEpoch),
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
    yield* trainEncoder({
      settings,
      encoder: text,
      parameters: named(text.parameters, concept.parameters, bias),
      batches: batch,
      batchesPerEpoch: perEpoch,
      loss: (made, { dropout: stream, report }) =>
        contrastiveLoss(model, made, {
          dropout: settings.dropout > 0 ? { ...stream, site: "contrastive" } : undefined,
          report
        }),
      tokens: ({ targets }) => targets.tokenMask.reduce((sum, counted) => sum + counted, 0),
      validate: held.examples.length === 0 ? undefined : () => validateContrastive(model, validationBatches()),
      fingerprint: await fingerprint(
        settings,
        selection.sentences.map(({ id, mentions, text }) => [id, text, mentions]),
        text
      ),
      checkpoint,
      signal
    })
  } finally {
    bias?.dispose()
    if (given === undefined) tf.dispose(concept.parameters)
  }
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
