import { type Counts, InputError, type LabelledSentence } from "@nuner/core"
import { type Encoder, maxTokens } from "@nuner/encoder"
import { type CheckpointOptions, disposeAll } from "@nuner/engine"
import { batchPlan, splitSentences } from "@nuner/sampler"
import { fingerprint } from "../training/fingerprint.ts"
import { sampleSentences } from "../training/sampleSentences.ts"
import { type EncoderTrainingEvent, frozenLayersOf, stepsOf, trainEncoder } from "../training/trainEncoder.ts"
import { type LabelledExample, labelledExamples } from "./labelledExamples.ts"
import { decodeSupervisedOptions, type SupervisedOptions } from "./options.ts"
import { type Datasets, type TypeClasses, typeClasses } from "./typeClasses.ts"
import { initTypeHead, labelledBatch, scopesOf, type TypeModel, typeLoss } from "./typeHead.ts"
import { type TypeScores, validateTypes } from "./validateTypes.ts"

export interface SupervisedInput extends SupervisedOptions {
  /** Labelled sentences by dataset: a dataset is what is labelled with one set of types. `{ "": sentences }` for a single one. */
  readonly datasets: Datasets
  /** Trained in place; the head is dropped when the events end. */
  readonly encoder: Encoder
  /** Where to keep checkpoints, and to go on from. Default: none are kept. */
  readonly checkpoint?: CheckpointOptions
  /** Aborting stops after the step under way, with a checkpoint where there is a place for one. */
  readonly signal?: AbortSignal
}

/** What supervised pre-training is about to do. Comes first. */
export interface SupervisedStart {
  readonly type: "start"
  /** Optimizer steps in all. */
  readonly steps: number
  readonly trainSentences: number
  readonly validationSentences: number
  /** `O` first, then `dataset/type`. */
  readonly classes: ReadonlyArray<string>
  /** in = out + dropped, for sentences and for entities. */
  readonly counts: { readonly sentences: Counts; readonly entities: Counts }
  /** Sentences longer than a window. */
  readonly windowed: number
  /** Part of the training tokens that an entity covers. */
  readonly entityRate: number
}

export type SupervisedEvent = SupervisedStart | EncoderTrainingEvent<TypeScores>

/**
 * Pre-training on entities of a closed set of types, as NER-BERT does (Liu et al. 2021) and NuNER is compared with (section 4.1): a linear
 * token classifier over types and none, cross-entropy over every sub-token, the encoder trained with it. Several datasets share the encoder
 * and the class "none"; a token chooses among the types of its own dataset, since those of others were not looked for there.
 * The loop, the presets and the resuming to the bit are those of `pretrain`.
 *
 * @throws OptionError, InputError; NonFiniteError and CheckpointError of the training loop
 */
export async function* pretrainSupervised(input: SupervisedInput): AsyncGenerator<SupervisedEvent, void, void> {
  const { checkpoint, datasets, encoder, signal, ...options } = input
  const settings = decodeSupervisedOptions(options)
  const { batchSize, seed } = settings
  const { config, tokenizer } = encoder
  const all = Object.entries(datasets).flatMap(([dataset, sentences]) =>
    sentences.map((sentence): Item => ({ dataset, sentence }))
  )
  const worded = all.filter(({ sentence }) => sentence.words.length > 0)
  const items = sampleSentences(worded, settings.sampleSize, seed)
  const classes = typeClasses(datasets)
  if (items.length < 2 || entitiesOf(items) === 0) {
    const reason = `${items.length} sentences with ${entitiesOf(items)} entities are nothing to learn types from`
    throw new InputError({ source: "datasets", reason, remedy: "give labelled sentences" })
  }
  const split = splitSentences(items, { validation: settings.validation, seed })
  const window = Math.min(settings.maxTokens ?? Number.POSITIVE_INFINITY, maxTokens(config))
  const training = await examplesOf(split.train, classes, encoder, window)
  const held = await examplesOf(split.validation, classes, encoder, window)
  const batchesPerEpoch = Math.ceil(training.examples.length / batchSize)
  const batches = (index: number) => {
    const epoch = Math.floor(index / batchesPerEpoch)
    const plan = batchPlan({ count: training.examples.length, batchSize, seed, epoch })
    const rows = Array.from(plan.batch(index % batchesPerEpoch), (row) => training.examples[row]!)
    return labelledBatch(rows, tokenizer.special.pad.id)
  }
  function* validationBatches() {
    for (let at = 0; at < held.examples.length; at += batchSize) {
      yield labelledBatch(held.examples.slice(at, at + batchSize), tokenizer.special.pad.id)
    }
  }
  const head = initTypeHead(config.hidden, classes.names.length, seed)
  const model: TypeModel = {
    encoder: { ...encoder, config: { ...config, dropout: settings.dropout, attentionDropout: settings.dropout } },
    head,
    scopes: scopesOf(classes),
    datasets: classes.numbers.size,
    frozenLayers: frozenLayersOf(settings, config.layers)
  }
  try {
    const lost = training.lostEntities + held.lostEntities
    const entities = entitiesOf(items)
    yield {
      type: "start",
      steps: stepsOf(settings, batchesPerEpoch),
      trainSentences: split.train.length,
      validationSentences: split.validation.length,
      classes: classes.names,
      counts: {
        sentences: {
          in: all.length,
          out: items.length,
          dropped: { empty: all.length - worded.length, notSampled: worded.length - items.length }
        },
        entities: {
          in: entitiesOf(all),
          out: entities - lost,
          dropped: { notSampled: entitiesOf(all) - entities, withoutToken: lost }
        }
      },
      windowed: training.windowed + held.windowed,
      entityRate: entityRate(training.examples)
    }
    yield* trainEncoder({
      settings,
      encoder,
      parameters: { ...encoder.parameters, ...head },
      batches,
      batchesPerEpoch,
      loss: (batch, { dropout }) =>
        typeLoss(model, batch, settings.dropout > 0 ? { ...dropout, site: "supervised" } : undefined),
      tokens: ({ labels }) => labels.reduce((sum, label) => sum + (label < 0 ? 0 : 1), 0),
      validate: held.examples.length === 0 ? undefined : () => validateTypes(model, validationBatches()),
      fingerprint: await fingerprint(
        settings,
        items.map(({ dataset, sentence: { entities, words } }) => [dataset, words, entities]),
        encoder
      ),
      checkpoint,
      signal
    })
  } finally {
    disposeAll(head)
  }
}

interface Item {
  readonly dataset: string
  readonly sentence: LabelledSentence
}

const entitiesOf = (items: ReadonlyArray<Item>): number =>
  items.reduce((sum, { sentence }) => sum + sentence.entities.length, 0)

/** Windows of all datasets, one dataset behind the other. */
const examplesOf = async (items: ReadonlyArray<Item>, classes: TypeClasses, { tokenizer }: Encoder, window: number) => {
  const parts = []
  for (const dataset of classes.numbers.keys()) {
    const mine = items.filter((item) => item.dataset === dataset).map(({ sentence }) => sentence)
    parts.push(await labelledExamples(dataset, mine, classes, tokenizer, window))
  }
  return {
    examples: parts.flatMap(({ examples }) => [...examples]),
    lostEntities: parts.reduce((sum, { lostEntities }) => sum + lostEntities, 0),
    windowed: parts.reduce((sum, { windowed }) => sum + windowed, 0)
  }
}

const entityRate = (examples: ReadonlyArray<LabelledExample>): number => {
  let [entities, tokens] = [0, 0]
  for (const { labels } of examples) {
    for (const label of labels) {
      if (label >= 0) tokens++
      if (label > 0) entities++
    }
  }
  return tokens === 0 ? 0 : entities / tokens
}
