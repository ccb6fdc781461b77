import { type Counts, InputError, rng, typesIn } from "@nuner/core"
import { maxTokens, mergeLora } from "@nuner/encoder"
import { tf } from "@nuner/engine"
import { splitSentences } from "@nuner/sampler"
import {
  encoderPass,
  listExamples,
  type Objective,
  type RunOptions,
  stepsOf,
  type TrainingEvent,
  trainObjective,
  withAdapters
} from "@nuner/trainer"
import type { Gliner } from "../gliner/Gliner.ts"
import { gatherPlaces, headLogits } from "../gliner/headLogits.ts"
import { type RowBatch, rowBatch } from "../gliner/rowBatch.ts"
import { cellLoss } from "../heads/cellLoss.ts"
import { promptRow, wordPieces } from "../prompt/prompt.ts"
import { typeGroups } from "../prompt/typeGroups.ts"
import { type Cells, cells } from "./cells.ts"
import { type ZeroTrainOptions, type ZeroTrainSettings, zeroTrainSettings } from "./options.ts"
import { allTypes, sampleTypes } from "./sampleTypes.ts"
import { trainingSentences, type WordSentence, type ZeroTrainSentence } from "./trainingSentences.ts"

export type ZeroTrainInput = ZeroTrainOptions &
  RunOptions & {
    /** Trained in place. */
    readonly model: Gliner
    readonly sentences: ReadonlyArray<ZeroTrainSentence>
  }

/** What training is about to do. Comes first. */
export interface ZeroTrainStart {
  readonly type: "start"
  /** Optimizer steps in all. */
  readonly steps: number
  readonly trainSentences: number
  readonly validationSentences: number
  /** Different types among them. */
  readonly types: number
  /** in = out + dropped, for sentences and for mentions. */
  readonly counts: { readonly sentences: Counts; readonly mentions: Counts }
}

/** Over the cells of the held-out sentences, each asked for its own types and those of its batch, at probability 0.5. */
export interface CellScores {
  /** For each cell that counts. */
  readonly loss: number
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

export type ZeroTrainEvent = ZeroTrainStart | TrainingEvent<CellScores>

/**
 * Trains a model that reads types and text in one row, from sentences whose types an LLM named: each is asked for its own types and for some of the
 * batch's (GLiNER, section 3; NuNER Zero). One more objective of the trainer: schedule, validation, checkpoints, cancelling and resuming to the bit are
 * those of `pretrain`.
 *
 * @throws OptionError, InputError; NonFiniteError and CheckpointError of the training loop
 */
export async function* trainZeroShot(input: ZeroTrainInput): AsyncGenerator<ZeroTrainEvent, void, void> {
  const { checkpoint, model, sentences, signal, ...options } = input
  const settings = zeroTrainSettings(options)
  if (model.labels !== undefined) {
    const reason = "an encoder of its own reads its types: such models are not trained here"
    throw new InputError({ source: "model", reason, remedy: "nuner pretrain makes two encoders" })
  }
  const { counts, sentences: chosen } = trainingSentences(sentences, model.config, settings)
  if (chosen.length < 2) {
    const reason = `${chosen.length} sentences with types are nothing to learn from`
    throw new InputError({ source: "sentences", reason, remedy: "give aligned or labelled sentences" })
  }
  // What it reads in training it has to be asked with.
  model.config.lowercase = settings.lowercase
  const { train, validation } = splitSentences(chosen, { validation: settings.validation, seed: settings.seed })
  const steps = stepsOf(settings, train.length)
  const encoder = withAdapters(model.encoder, settings)
  try {
    yield {
      type: "start",
      steps,
      trainSentences: train.length,
      validationSentences: validation.length,
      types: typesIn(chosen).length,
      counts
    }
    const objective = zeroObjective({ ...model, encoder }, { train, validation }, settings)
    // No weight tells a head's width, dropout or types: checkpoints of another head are known by these.
    const { base: _, ...head } = model.config
    const run = { ...settings, head }
    yield* trainObjective({ objective, encoder, settings: run, steps, checkpoint, signal })
  } finally {
    mergeLora(encoder)
  }
}

interface ZeroBatch extends RowBatch {
  readonly cells: Cells
}

type Parts = Pick<Gliner, "config" | "encoder" | "head">

export const zeroObjective = (
  { config, encoder, head }: Parts,
  {
    train,
    validation
  }: { readonly train: ReadonlyArray<WordSentence>; readonly validation: ReadonlyArray<WordSentence> },
  settings: ZeroTrainSettings
): Objective<WordSentence, ZeroBatch, CellScores> => {
  const { tokenizer } = encoder
  const { decayAll, headRate, oneTypePerSpan, seed } = settings
  const reading = { rows: 0, cutWords: 0, skippedRows: 0 }
  const limit = maxTokens(encoder.config)
  const pass = encoderPass(encoder, settings)
  const examplesOf = (sentences: ReadonlyArray<WordSentence>) =>
    listExamples(
      sentences,
      ({ words }) => words.join(" "),
      async (some) => some
    )
  const logitsOf = ({ lengths, tokens, typeAt, wordAt }: RowBatch, stream?: { seed: number; step: number }) => {
    const states = pass(tokens, { dropout: stream && { ...stream, site: "zeroshot/encoder" } })
    const rows = {
      words: gatherPlaces(states, wordAt),
      types: gatherPlaces(states, typeAt),
      lengths,
      present: Float32Array.from(wordAt, (at) => (at < 0 ? 0 : 1))
    }
    return headLogits(config, head, rows, stream && { rate: config.dropout, key: stream })
  }
  const lossOf = (z: tf.Tensor4D, { count, mask, y }: Cells) =>
    cellLoss(z, tf.tensor(y, z.shape), tf.tensor(mask, z.shape), count, settings)
  return {
    parameters: { ...encoder.parameters, ...head },
    examples: examplesOf(train),
    held: examplesOf(validation),
    rateOf: (name) => (Object.hasOwn(head, name) ? headRate : 1),
    ...(decayAll && { decay: () => true }),
    batch: async (sentences, { name, training }) => {
      const types = training
        ? sampleTypes(sentences, { ...settings, maxTypes: config.maxTypes }, rng(`${seed}/types/${name}`))
        : allTypes(sentences, config.maxTypes)
      const typed = sentences.flatMap((sentence, i) =>
        types[i]!.length > 0 ? [{ ...sentence, types: types[i]! }] : []
      )
      reading.skippedRows += sentences.length - typed.length
      if (typed.length === 0) return undefined
      const words = typed.flatMap(({ types, words }) => [...types, ...words])
      const pieces = await wordPieces(tokenizer, [config.typeToken, config.endToken, ...words])
      // Types that would leave the text no room are asked for in rows of their own, as in prediction.
      const budget = { most: Number.POSITIVE_INFINITY, budget: Math.floor(limit / 2) }
      const asked = typed.flatMap((sentence) =>
        typeGroups(sentence.types, pieces, config.typeToken, budget).map((group) => ({
          ...sentence,
          types: group.map((type) => sentence.types[type]!)
        }))
      )
      reading.rows += asked.length
      const rows = asked.map(({ types, words }) =>
        promptRow({ ...config, tokenizer }, pieces, types, words, "unknown", limit)
      )
      const batch = rowBatch(rows, encoder.config.padId, config)
      const labelled = asked.map((sentence, i) => ({ ...sentence, wordAt: rows[i]!.wordAt }))
      for (const { wordAt } of rows) reading.cutWords += wordAt.filter((at) => at < 0).length
      return { ...batch, cells: cells(labelled, config, batch, oneTypePerSpan) }
    },
    loss: (batch, { dropout }) => lossOf(logitsOf(batch, dropout), batch.cells),
    validate: async (batches) => {
      const sums = { loss: 0, counted: 0, right: 0, found: 0, gold: 0 }
      for await (const batch of batches) await addScores(sums, batch, logitsOf, lossOf, settings)
      const { counted, found, gold, loss, right } = sums
      return {
        loss: loss / Math.max(1, counted),
        precision: found === 0 ? 1 : right / found,
        recall: gold === 0 ? 1 : right / gold,
        f1: found + gold === 0 ? 1 : (2 * right) / (found + gold)
      }
    },
    tokens: ({ lengths }) => lengths.reduce((sum, length) => sum + length, 0),
    reading,
    dispose: () => {}
  }
}

const addScores = async (
  sums: { loss: number; counted: number; right: number; found: number; gold: number },
  batch: ZeroBatch,
  logitsOf: (batch: RowBatch) => tf.Tensor4D,
  lossOf: (z: tf.Tensor4D, cells: Cells) => tf.Scalar,
  { reduction }: ZeroTrainSettings
): Promise<void> => {
  const { mask, y } = batch.cells
  const [z, loss] = tf.tidy(() => {
    const z = logitsOf(batch)
    return [z, lossOf(z, batch.cells)] as const
  })
  try {
    const values = await z.data()
    sums.loss += (await loss.data())[0]! * (reduction === "mean" ? batch.cells.count : 1)
    for (let cell = 0; cell < values.length; cell++) {
      if (mask[cell] === 0) continue
      const found = values[cell]! > 0
      sums.counted++
      if (found) sums.found++
      if (y[cell] === 1) sums.gold++
      if (found && y[cell] === 1) sums.right++
    }
  } finally {
    tf.dispose([z, loss])
  }
}
