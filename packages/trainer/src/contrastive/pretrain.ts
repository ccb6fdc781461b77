import type { AlignedSentence, Counts } from "@nuner/core"
import { copyEncoder, type Encoder, loraSettings, mergeLora } from "@nuner/encoder"
import type { SentenceStore } from "@nuner/sampler"
import { withAdapters } from "../encoderPass.ts"
import { stepsOf } from "../options.ts"
import { type RunOptions, type TrainingEvent, trainObjective, type ValidationEvent } from "../trainObjective.ts"
import { type ContrastiveModel, temperatureOf } from "./ContrastiveModel.ts"
import { chooseTraining } from "./chooseTraining.ts"
import { contrastiveObjective } from "./contrastiveObjective.ts"
import { decodePretrainOptions, type PretrainOptions, type PretrainSettings } from "./options.ts"
import type { ContrastiveScores } from "./retrieval.ts"

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
    const { model, objective, ...measured } = await contrastiveObjective(chosen, encoder, beside, settings)
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
        if (event.type === "done" || event.type === "stop") yield scorerOf(model, settings, text)
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
