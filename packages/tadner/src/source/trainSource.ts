import { type LabelledSentence, typesIn } from "@nuner/core"
import type { EncoderParts } from "@nuner/encoder"
import {
  adam,
  crossEntropy,
  type DropoutStream,
  fingerprint,
  type Parameters,
  planEpochs,
  schedules,
  type tf,
  train
} from "@nuner/engine"
import { checkSupport } from "../adapt/checkSupport.ts"
import { spanLogits } from "../model/spanLogits.ts"
import { detectorParameters, newModel } from "../model/TadNerModel.ts"
import { nameIds } from "../names/nameIds.ts"
import { nameTypes, type TypeNames } from "../names/nameTypes.ts"
import { freezeLower } from "../network/freezeLower.ts"
import { textStates, wordStates } from "../network/wordStates.ts"
import { type SourceOptions, type SourceSettings, sourceSettings } from "../options.ts"
import { encodeRows, type Row } from "../words/encodeRows.ts"
import { spanLabels } from "../words/spanTags.ts"
import { typeWords } from "../words/typeWords.ts"
import type { SourceEvent, Stage } from "./SourceEvent.ts"
import { typeAwareLoss } from "./typeAwareLoss.ts"

export interface SourceInput extends SourceOptions {
  /** Stays as it is: each stage trains a copy. */
  readonly encoder: EncoderParts
  readonly sentences: ReadonlyArray<LabelledSentence>
  /** Natural-language names of types; others are derived from the labels. */
  readonly typeNames?: TypeNames
  /** Ends training before the next update, with a checkpoint where there is a directory for one. */
  readonly signal?: AbortSignal
}

/**
 * TadNER's source training (Li et al. 2023): stage 1, a span detector, by cross-entropy over the tags of all words; stage 2, a type classifier, by
 * the type-aware contrastive loss over the entity words of a batch, all type names encoded anew at each step. Adam, linear decay, no warm-up.
 * The last event, `done`, has the model; an aborted run ends with `stop`. Leaving the loop early frees everything.
 *
 * @throws OptionError, InputError; NonFiniteError and CheckpointError of the training loop
 */
export async function* trainSource(input: SourceInput): AsyncGenerator<SourceEvent, void, void> {
  const { encoder, sentences, signal, typeNames, ...options } = input
  const settings = sourceSettings(options)
  const types = typesIn(sentences)
  checkSupport(types, sentences, "sentences")
  const names = nameTypes(types, typeNames)
  const ids = await nameIds(names, encoder)
  const labelled = sentences.filter(({ entities }) => entities.length > 0)
  const all = await encodeRows(labelled, encoder, settings)
  const typed = typeExamples(all.rows, labelled, types)
  const tagged = tagExamples(all.rows, labelled, settings)
  const stepsOf = (examples: ReadonlyArray<unknown>) =>
    settings.epochs * Math.ceil(examples.length / settings.batchSize)
  const steps = { detector: stepsOf(tagged), classifier: stepsOf(typed) }
  yield {
    type: "data",
    sentences: labelled.length,
    withoutEntities: sentences.length - labelled.length,
    truncated: all.kept.filter((kept, i) => kept < all.lengths[i]!).length,
    lostWords: all.kept.reduce((sum, kept, i) => sum + all.lengths[i]! - kept, 0),
    windowed: all.windowed,
    ...{ types, names, steps }
  }
  const print = await fingerprint(runParts(settings, encoder, labelled, names), encoder.parameters)
  const model = newModel(encoder, settings)
  const { classifier, detector } = model
  let delivered = false
  try {
    const { frozenLayers } = settings
    const { lower, thaw } = freezeLower(model, { frozenLayers, phi: "last", component: "trainSource" })
    const spanLoss = (batch: ReadonlyArray<Example>, stream: DropoutStream) =>
      crossEntropy(
        spanLogits(detector, rowsOf(batch), { dropout: { ...stream, site: "detector" }, lower: lower.detector }),
        labelsOf(batch)
      )
    const typeLoss = (batch: ReadonlyArray<Example>, stream: DropoutStream) => {
      const dropout = (site: string) => ({
        ...{ phi: "last" as const, lower: lower.classifier },
        dropout: { ...stream, site: `classifier/${site}` }
      })
      const words = wordStates(classifier, rowsOf(batch), dropout("words")) // [words, hidden]
      return typeAwareLoss(words, textStates(classifier, ids, dropout("names")), labelsOf(batch), settings)
    }
    const stages = [
      { stage: "detector", parameters: detectorParameters(detector), examples: tagged, loss: spanLoss },
      { stage: "classifier", parameters: classifier.parameters, examples: typed, loss: typeLoss }
    ] as const
    for (const one of stages) {
      for await (const event of trainStage({ ...one, steps: steps[one.stage], settings, print, signal })) {
        yield event
        if (event.type === "stop") return
      }
    }
    thaw()
    delivered = true
    yield { type: "done", model }
  } finally {
    if (!delivered) model.dispose()
  }
}

/** A row with a label for each of its words. */
interface Example {
  readonly row: Row
  readonly labels: Int32Array
}

const rowsOf = (batch: ReadonlyArray<Example>) => batch.map(({ row }) => row)
const labelsOf = (batch: ReadonlyArray<Example>) => Int32Array.from(batch.flatMap(({ labels }) => [...labels]))

const tagExamples = (
  rows: ReadonlyArray<Row>,
  sentences: ReadonlyArray<LabelledSentence>,
  settings: SourceSettings
): Array<Example> => {
  const tags = sentences.map(({ entities, words }) => spanLabels(entities, words.length, settings))
  return rows.map((row) => ({ row, labels: row.words.map((word) => tags[row.sentence]![word]!) }))
}

const typeExamples = (
  rows: ReadonlyArray<Row>,
  sentences: ReadonlyArray<LabelledSentence>,
  types: ReadonlyArray<string>
): Array<Example> => {
  const numbers = new Map(types.map((type, n) => [type, n]))
  const entities = sentences.map(({ entities }) => entities)
  return rows.flatMap((row) => {
    const { labels, rows } = typeWords([row], entities, numbers)
    return rows[0] === undefined ? [] : [{ row: rows[0], labels }]
  })
}

interface StageInput {
  readonly stage: Stage
  readonly parameters: Parameters
  readonly examples: ReadonlyArray<Example>
  readonly loss: (batch: ReadonlyArray<Example>, stream: DropoutStream) => tf.Scalar
  readonly steps: number
  readonly settings: SourceSettings
  readonly print: string
  readonly signal: AbortSignal | undefined
}

async function* trainStage(input: StageInput): AsyncGenerator<Exclude<SourceEvent, { type: "data" | "done" }>> {
  const { examples, loss, parameters, print, settings, signal, stage, steps } = input
  const { batchSize, checkpointEvery, checkpoints, learningRate, seed } = settings
  const { batch } = planEpochs({ count: examples.length, batchSize, seed: `${seed}/${stage}` })
  const events = train<ReadonlyArray<Example>>({
    ...{ parameters, steps, seed },
    optimizer: adam(),
    schedule: schedules.linear({ peak: learningRate, total: steps }),
    batches: (index) => Array.from(batch(index), (place) => examples[place]!),
    loss: (batch, { dropout }) => loss(batch, dropout),
    ...(checkpoints !== undefined && {
      checkpoint: { directory: `${checkpoints}/${stage}`, every: checkpointEvery, keep: 1, fingerprint: print }
    }),
    ...(signal && { signal })
  })
  for await (const event of events) {
    if (event.type === "step") {
      const { gradNorm, loss, lr, seconds, step } = event
      yield { type: "step", stage, step, steps, loss, lr, gradNorm, seconds }
    } else if (event.type === "resume" || event.type === "checkpoint") {
      yield { type: event.type, stage, step: event.step, path: event.path }
    } else if (event.type === "stop") yield { type: "stop", stage, step: event.step }
  }
}

/** What makes a run this run, beside the weights that it starts from. */
function* runParts(
  { checkpointEvery: _, checkpoints: __, ...settings }: SourceSettings,
  { config }: SourceInput["encoder"],
  sentences: ReadonlyArray<LabelledSentence>,
  names: ReadonlyArray<string>
): Generator<unknown> {
  yield [settings, config, names]
  for (const { entities, words } of sentences) yield [words, entities]
}
