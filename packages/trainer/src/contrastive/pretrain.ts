import { type AlignedSentence, type Counts, InputError, OptionError, rng } from "@nuner/core"
import { copyEncoder, type Encoder, loraSettings, maxTokens, mergeLora } from "@nuner/encoder"
import { disposeAll, type EpochPlan, type Examples, fingerprint, planEpochs } from "@nuner/engine"
import {
  type ConceptFrequencies,
  chooseSentences,
  foldConcept,
  frequenciesOf,
  SentenceStore,
  type StoredSentence,
  splitSentences
} from "@nuner/sampler"
import { withAdapters } from "../encoderPass.ts"
import type { Objective } from "../Objective.ts"
import { stepsOf } from "../options.ts"
import { readingOf, type TokenisedSentence, tokeniseSentences } from "../sentenceWindows.ts"
import { type RunOptions, type TrainingEvent, trainObjective, type ValidationEvent } from "../trainObjective.ts"
import { ConceptNames, type ContrastiveBatch, contrastiveBatch } from "./ContrastiveBatch.ts"
import { type ContrastiveModel, contrastiveLoss, contrastiveModel, temperatureOf } from "./ContrastiveModel.ts"
import { decodePretrainOptions, type PretrainOptions, type PretrainSettings } from "./options.ts"
import type { ContrastiveScores } from "./retrieval.ts"
import { validateContrastive } from "./validate.ts"

export interface PretrainInput extends PretrainOptions, RunOptions {
  /** Read once, to the end; or a store, which several runs can share. It has to have descriptions where `conceptText` asks for them. */
  readonly sentences: Iterable<AlignedSentence> | AsyncIterable<AlignedSentence> | SentenceStore
  /** Trained in place: this is NuNER when the events end. */
  readonly text: Encoder
  /** The encoder of concept names, trained in place. Default: a copy of `text` as it is at the start, freed at the end (section 3.3). */
  readonly concept?: Encoder
}

/** What pre-training is about to do. Comes first. */
export interface PretrainStart {
  readonly type: "start"
  /** Optimizer steps in all. */
  readonly steps: number
  readonly trainSentences: number
  readonly validationSentences: number
  /** Different concepts among the training sentences. */
  readonly concepts: number
  /** in = out + dropped, for sentences and for mentions. */
  readonly counts: { readonly sentences: Counts; readonly annotations: Counts }
  /** Part of the cells that are positive, over the first batches. */
  readonly positiveRate: number
  /** What the logit's offset starts at; absent without one. */
  readonly bias?: number
}

/** How vectors of the trained encoders become a logit: z = similarity(h, u) / temperature + bias. Comes when training has ended. */
export interface ScorerEvent {
  readonly type: "scorer"
  readonly similarity: PretrainSettings["similarity"]
  readonly temperature: number
  readonly bias: number
  readonly conceptPooling: PretrainSettings["conceptPooling"]
  readonly conceptText: PretrainSettings["conceptText"]
}

export type PretrainValidation = ValidationEvent<ContrastiveScores>
export type PretrainEvent = PretrainStart | TrainingEvent<ContrastiveScores> | ScorerEvent

/**
 * NuNER's pre-training (Bogdanov et al. 2024, section 3.2 and 3.3): a text encoder learns to put each token near the vectors of the
 * concepts that it instantiates, by binary cross-entropy over token x concept pairs of a batch.
 *
 * Sentences with an uninformative concept ("concept") and, unless `keepEmpty`, without any mention are left out and counted. The run is a
 * function of its options, sentences and weights; with `checkpoint` it resumes equal to the bit.
 *
 * @throws OptionError, InputError; NonFiniteError and CheckpointError of the training loop
 */
export async function* pretrain(input: PretrainInput): AsyncGenerator<PretrainEvent, void, void> {
  const { checkpoint, concept: given, sentences, signal, text, ...options } = input
  const settings = decodePretrainOptions(options)
  const chosen = await chooseTraining(sentences, settings)
  const concept = given ?? copyEncoder(text, loraSettings("pretrain", settings))
  let [encoder, beside] = [text, concept]
  try {
    encoder = withAdapters(text, settings)
    beside = withAdapters(concept, settings, false)
    const { objective, scorer, ...measured } = await contrastiveObjective(chosen, encoder, beside, settings)
    try {
      const steps = stepsOf(settings, chosen.train.length)
      yield {
        type: "start",
        steps,
        trainSentences: chosen.train.length,
        validationSentences: chosen.validation.length,
        concepts: chosen.concepts.concepts.length,
        counts: chosen.counts,
        ...measured
      }
      for await (const event of trainObjective({ objective, encoder, beside, settings, steps, checkpoint, signal })) {
        if (event.type === "done" || event.type === "stop") yield scorer()
        yield event
      }
    } finally {
      objective.dispose()
    }
  } finally {
    for (const one of [encoder, beside]) mergeLora(one)
    if (given === undefined) concept.dispose()
  }
}

/** The sentences to train and to validate on, by their numbers in the store, with the mentions that are trained on. */
interface Training {
  readonly store: SentenceStore
  readonly train: ReadonlyArray<number>
  readonly validation: ReadonlyArray<number>
  readonly mentions: (number: number) => StoredSentence["mentions"]
  /** Of the training sentences. */
  readonly concepts: ConceptFrequencies
  readonly counts: PretrainStart["counts"]
}

/** @throws InputError where fewer than two sentences are left, OptionError for a sample larger than what it is drawn from */
const chooseTraining = async (
  sentences: PretrainInput["sentences"],
  { conceptText, keepEmpty, sampleSize, seed, topConcepts, validation }: PretrainSettings
): Promise<Training> => {
  const descriptions = conceptText === "description"
  const store = sentences instanceof SentenceStore ? sentences : await SentenceStore.from(sentences, { descriptions })
  if (descriptions && !store.descriptions) {
    const reason = "the store of sentences was made without descriptions"
    throw new OptionError({ component: "pretrain", option: "conceptText", reason })
  }
  const { counts, keeps, kept } = chooseSentences(store, {
    seed,
    empty: keepEmpty ? "keep" : "drop",
    ...(sampleSize !== undefined && { sampleSize }),
    ...(topConcepts !== undefined && { top: topConcepts })
  })
  if (kept.length < 2) {
    throw new InputError({
      source: "sentences",
      reason: `${kept.length} of ${store.count} sentences have a concept to train on`,
      remedy: "annotate and align more text"
    })
  }
  if (descriptions && !kept.some((number) => store.mentions(number).some(({ description }) => description))) {
    const reason = "no mention has a description"
    const remedy = "align annotations that have some again"
    throw new OptionError({ component: "pretrain", option: "conceptText", reason, remedy })
  }
  const mentions = (number: number): StoredSentence["mentions"] => {
    const those = store.mentions(number).filter(({ concept }) => keeps(concept))
    return descriptions ? those.map(describe) : those
  }
  const { train, validation: held } = splitSentences([...kept], { validation, seed })
  function* names() {
    for (const number of train) for (const { concept } of mentions(number)) yield concept
  }
  return { store, train, validation: held, mentions, concepts: frequenciesOf(names()), counts }
}

/** The mention with its description, where there is one, in the place of its concept. */
const describe = (mention: StoredSentence["mentions"][number]): StoredSentence["mentions"][number] =>
  foldConcept(mention.description ?? "") === "" ? mention : { ...mention, concept: mention.description! }

/** The batches by which the positive rate is measured before training. */
const RATE_BATCHES = 20

/** Contrastive learning as an objective, with what it scores by and what was measured to start it. */
const contrastiveObjective = async (
  { concepts, mentions, store, train, validation }: Training,
  text: Encoder,
  concept: Encoder,
  settings: PretrainSettings
) => {
  const { batchSize, bias, extraConcepts, maskNearSynonyms, projection, seed, subTokens } = settings
  const { config, tokenizer } = text
  if (projection === undefined && concept.config.hidden !== config.hidden) {
    const reason = `its vectors are ${concept.config.hidden} wide, those of the text encoder ${config.hidden}`
    const remedy = 'give "projection", the width of a space for both'
    throw new OptionError({ component: "pretrain", option: "concept", reason, remedy })
  }
  const window = (encoder: Encoder) =>
    Math.min(settings.maxTokens ?? Number.POSITIVE_INFINITY, maxTokens(encoder.config))
  const reading = { sentences: 0, windowed: 0, lostMentions: 0 }
  const content = await fingerprint(store.content())
  const examplesOf = async (numbers: ReadonlyArray<number>): Promise<Examples<TokenisedSentence>> => {
    const count = readingOf(numbers.length, reading)
    return {
      count: numbers.length,
      lengths: Uint32Array.from(numbers, (number) => store.lengths[number]!),
      fingerprint: await fingerprint([content, Int32Array.from(numbers)]),
      at: async (places) => {
        const some = Array.from(places, (place) => ({
          ...store.at(numbers[place]!),
          mentions: mentions(numbers[place]!)
        }))
        const tokenised = await tokeniseSentences(some, { tokenizer, maxTokens: window(text), subTokens })
        count(places, tokenised)
        return tokenised
      }
    }
  }
  const conceptNames = new ConceptNames(concept.tokenizer, window(concept))
  const draw = conceptDrawer(concepts, extraConcepts, seed)
  const batchOf = (sentences: ReadonlyArray<TokenisedSentence>, extra: ReadonlyArray<string> = []) =>
    contrastiveBatch(
      sentences.flatMap(({ windows }) => [...windows]),
      tokenizer.special.pad.id,
      conceptNames,
      { maskNearSynonyms, extraConcepts: extra }
    )
  const examples = await examplesOf(train)
  const plan = planEpochs({ count: examples.count, batchSize, seed })
  const positiveRate = await rateOf(plan, async (numbers) => batchOf(await examples.at(numbers)))
  const offset = bias === "none" ? undefined : Math.log(positiveRate / (1 - positiveRate))
  const model = contrastiveModel(text, concept, settings, offset)
  const objective: Objective<TokenisedSentence, ContrastiveBatch, ContrastiveScores> = {
    parameters: { ...prefixed("text", text), ...prefixed("concept", concept), ...model.head },
    examples,
    held: await examplesOf(validation),
    batch: (sentences, { name, training }) => batchOf(sentences, training ? draw(name) : []),
    loss: (batch, context) => contrastiveLoss(model, batch, context),
    validate: (batches) => validateContrastive(model, batches),
    tokens: ({ targets }) => targets.tokenMask.reduce((sum, counts) => sum + counts, 0),
    get reading() {
      return { ...reading, cutNames: conceptNames.cut }
    },
    dispose: () => disposeAll(model.head)
  }
  return {
    objective,
    scorer: () => scorerOf(model, settings, text),
    positiveRate,
    ...(offset === undefined ? {} : { bias: offset })
  }
}

const prefixed = (name: string, { parameters }: Encoder) =>
  Object.fromEntries(Object.entries(parameters).map(([key, parameter]) => [`${name}.${key}`, parameter]))

/**
 * Part of the cells that are positive, over the first batches of an epoch that have a concept; at most a half.
 *
 * @throws InputError where none has
 */
const rateOf = async (
  plan: EpochPlan,
  batch: (numbers: Int32Array) => Promise<ContrastiveBatch | undefined>
): Promise<number> => {
  let positives = 0
  let cells = 0
  for (let i = 0, measured = 0; i < plan.perEpoch && measured < RATE_BATCHES; i++) {
    const targets = (await batch(plan.batch(i)))?.targets
    if (targets === undefined) continue
    measured++
    positives += targets.positives.tokens.length
    cells += targets.cells
  }
  if (positives === 0) {
    const remedy = "check that mentions are offsets into their sentence's text"
    throw new InputError({ source: "sentences", reason: "no sub-token of them is labelled", remedy })
  }
  return Math.min(0.5, positives / cells)
}

/** Draws concepts as the sentences have them, frequent ones often; which ones follows from the seed and the name of a batch. */
const conceptDrawer = ({ concepts, total }: ConceptFrequencies, count: number, seed: number) => {
  const ends = new Float64Array(concepts.length)
  let sum = 0
  for (const [i, concept] of concepts.entries()) {
    sum += concept.count
    ends[i] = sum
  }
  return (name: string): Array<string> => {
    const random = rng(seed).fork(`concepts ${name}`)
    return Array.from({ length: count }, () => {
      const at = random.int(total)
      let [low, high] = [0, ends.length - 1]
      while (low < high) {
        const middle = (low + high) >> 1
        if (ends[middle]! <= at) low = middle + 1
        else high = middle
      }
      return concepts[low]!.concept
    })
  }
}

const scorerOf = ({ head }: ContrastiveModel, settings: PretrainSettings, { config }: Encoder): ScorerEvent => {
  const learned = (name: string) => head[name]?.dataSync()[0]
  const logTemperature = learned("logit.logTemperature")
  return {
    type: "scorer",
    similarity: settings.similarity,
    temperature: logTemperature === undefined ? temperatureOf(settings, config.hidden) : Math.exp(logTemperature),
    bias: learned("logit.bias") ?? 0,
    conceptPooling: settings.conceptPooling,
    conceptText: settings.conceptText
  }
}
