import { type Counts, decodePreset, InputError, overlap } from "@nuner/core"
import { type Encoder, maxTokens, mergeLora } from "@nuner/encoder"
import { disposeAll } from "@nuner/engine"
import { sampleSentences, splitSentences } from "@nuner/sampler"
import { Schema } from "effect"
import { encoderPass, withAdapters } from "../encoderPass.ts"
import type { Objective } from "../Objective.ts"
import {
  adaptTraining,
  paperTraining,
  presetField,
  type SentenceSettings,
  sentenceFields,
  smallTraining,
  stepsOf
} from "../options.ts"
import { listExamples, readingOf } from "../sentenceWindows.ts"
import { type RunOptions, type TrainingEvent, trainObjective } from "../trainObjective.ts"
import { type DatasetSentence, type LabelledWindow, labelledWindows } from "./labelledWindows.ts"
import { type Datasets, type TypeClasses, typeClasses } from "./typeClasses.ts"
import { initTypeHead, type LabelledBatch, labelledBatch, scopesOf, type TypeModel, typeLoss } from "./typeHead.ts"
import { type TypeScores, validateTypes } from "./validateTypes.ts"

const Settings = Schema.Struct(sentenceFields)
const presets = { paper: paperTraining, small: smallTraining, adapt: adaptTraining }

/** Every setting, flat; those absent come from the preset: that of `pretrain`, so that the two objectives differ in nothing else. */
export const SupervisedOptions = Schema.Struct({ preset: presetField, ...sentenceFields }).annotate({ presets })
export type SupervisedOptions = Partial<(typeof SupervisedOptions)["Encoded"]>

/** @throws OptionError for an unknown or out-of-range option */
export const decodeSupervisedOptions = ({ preset = "paper", ...options }: SupervisedOptions): SentenceSettings =>
  decodePreset("pretrainSupervised", Settings, presets, preset, options)

export interface SupervisedInput extends SupervisedOptions, RunOptions {
  /** Labelled sentences by dataset: a dataset is what is labelled with one set of types. `{ "": sentences }` for a single one. */
  readonly datasets: Datasets
  /** Trained in place; the head is dropped when the events end. */
  readonly encoder: Encoder
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
}

export type SupervisedEvent = SupervisedStart | TrainingEvent<TypeScores>

/**
 * Pre-training on entities of a closed set of types, as NER-BERT does (Liu et al. 2021) and NuNER is compared with (section 4.1): a linear
 * token classifier over types and none, cross-entropy over every sub-token, the encoder trained with it. Several datasets share the encoder
 * and the class "none"; a token chooses among the types of its own dataset, since those of others were not looked for there.
 * The recipe, the presets and the resuming to the bit are those of `pretrain`.
 *
 * @throws OptionError, InputError; NonFiniteError and CheckpointError of the training loop
 */
export async function* pretrainSupervised(input: SupervisedInput): AsyncGenerator<SupervisedEvent, void, void> {
  const { checkpoint, datasets, signal, encoder: given, ...options } = input
  const settings = decodeSupervisedOptions(options)
  const chosen = chooseLabelled(datasets, settings)
  const encoder = withAdapters(given, settings)
  const objective = typesObjective(chosen, encoder, settings)
  try {
    const steps = stepsOf(settings, chosen.train.length)
    yield {
      type: "start",
      steps,
      trainSentences: chosen.train.length,
      validationSentences: chosen.validation.length,
      classes: chosen.classes.names,
      counts: chosen.counts
    }
    yield* trainObjective({ objective, encoder, settings, steps, checkpoint, signal })
  } finally {
    objective.dispose()
    mergeLora(encoder)
  }
}

/** The sentences to train and to validate on. */
interface Labelled {
  readonly train: ReadonlyArray<DatasetSentence>
  readonly validation: ReadonlyArray<DatasetSentence>
  readonly classes: TypeClasses
  readonly counts: SupervisedStart["counts"]
}

/** @throws InputError where nothing is left to learn, or entities overlap; OptionError for a sample larger than what it is drawn from */
const chooseLabelled = (datasets: Datasets, { sampleSize, seed, validation }: SentenceSettings): Labelled => {
  const all = Object.entries(datasets).flatMap(([dataset, sentences]) =>
    sentences.map((sentence): DatasetSentence => ({ dataset, sentence }))
  )
  const worded = all.filter(({ sentence }) => sentence.words.length > 0)
  const items = sampleSentences(worded, sampleSize, seed)
  const entities = entitiesOf(items)
  if (items.length < 2 || entities === 0) {
    const reason = `${items.length} sentences with ${entities} entities are nothing to learn types from`
    throw new InputError({ source: "datasets", reason, remedy: "give labelled sentences" })
  }
  for (const [i, item] of items.entries()) checkEntities(item, i)
  return {
    ...splitSentences(items, { validation, seed }),
    classes: typeClasses(datasets),
    counts: {
      sentences: {
        in: all.length,
        out: items.length,
        dropped: { empty: all.length - worded.length, notSampled: worded.length - items.length }
      },
      entities: { in: entitiesOf(all), out: entities, dropped: { notSampled: entitiesOf(all) - entities } }
    }
  }
}

const entitiesOf = (items: ReadonlyArray<DatasetSentence>): number =>
  items.reduce((sum, { sentence }) => sum + sentence.entities.length, 0)

/** @throws InputError for an entity that is not over words of its sentence, or over those of another one: a token has one class */
const checkEntities = ({ dataset, sentence: { entities, id, words } }: DatasetSentence, place: number): void => {
  const fail = (reason: string, remedy: string): never => {
    throw new InputError({ source: id ?? `${dataset || "sentence"} ${place}`, field: "entities", reason, remedy })
  }
  for (const { end, start, type } of entities) {
    if (start < 0 || start >= end || end > words.length) {
      fail(`${type} ${start}..${end} is no part of ${words.length} words`, "count words from 0, the end excluded")
    }
  }
  const second = overlap(entities)
  if (second) fail(`${second.type} ${second.start}..${second.end} overlaps an entity before it`, "keep one type a word")
}

/** The classification of tokens into types as an objective. */
const typesObjective = (
  { classes, train, validation }: Labelled,
  encoder: Encoder,
  settings: SentenceSettings
): Objective<ReadonlyArray<LabelledWindow>, LabelledBatch, TypeScores> => {
  const { config, tokenizer } = encoder
  const window = {
    tokenizer,
    maxTokens: Math.min(settings.maxTokens ?? Number.POSITIVE_INFINITY, maxTokens(config)),
    subTokens: settings.subTokens
  }
  const reading = { sentences: 0, windowed: 0, lostMentions: 0 }
  const examplesOf = (items: ReadonlyArray<DatasetSentence>) => {
    const count = readingOf(items.length, reading)
    return listExamples(
      items,
      ({ sentence }) => sentence.text ?? sentence.words.join(" "),
      async (some, numbers) => {
        const tokenised = await labelledWindows(some, classes, window)
        count(numbers, tokenised)
        return tokenised.map(({ labelled }) => labelled)
      }
    )
  }
  const pass = encoderPass(encoder, settings)
  const head = initTypeHead(config.hidden, classes.names.length, settings.seed)
  const model: TypeModel = {
    encoder: pass,
    dropout: settings.dropout,
    head,
    scopes: scopesOf(classes),
    datasets: classes.numbers.size
  }
  return {
    parameters: { ...encoder.parameters, ...head },
    examples: examplesOf(train),
    held: examplesOf(validation),
    batch: async (sentences) => {
      const batch = labelledBatch(sentences.flat(), tokenizer.special.pad.id)
      return batch.labels.some((label) => label >= 0) ? batch : undefined
    },
    loss: (batch, { dropout }) => typeLoss(model, batch, dropout),
    validate: (batches) => validateTypes(model, batches),
    tokens: ({ labels }) => labels.reduce((sum, label) => sum + (label < 0 ? 0 : 1), 0),
    reading,
    dispose: () => disposeAll(head)
  }
}
