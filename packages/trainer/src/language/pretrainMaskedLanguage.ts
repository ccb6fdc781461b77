import { checkTexts, decodePreset, Fraction, InputError, OptionError, option, PositiveInt, rng } from "@nuner/core"
import { type Encoder, type LanguageHead, maxTokens, mergeLora } from "@nuner/encoder"
import { disposeAll, hostTurn, tf } from "@nuner/engine"
import { Schema } from "effect"
import { encoderPass, withAdapters } from "../encoderPass.ts"
import type { Objective } from "../Objective.ts"
import { trainingFields } from "../options.ts"
import { type RunOptions, type TrainingEvent, trainObjective } from "../trainObjective.ts"
import { languageBatch } from "./languageBatch.ts"
import { initLanguageHead, type LanguageBatch, type LanguageModel, languageLoss } from "./languageHead.ts"
import { type PackedRow, type PackedRows, packRows, rowExamples } from "./packRows.ts"

/** Makes a base from nothing: encoders of a few million parameters (the schedule of Hu et al. 2024, Adam's rates of Liu et al. 2019). */
export const fromNothing = {
  batchSize: 16,
  learningRate: 1e-3,
  warmup: 0.05,
  schedule: "stable",
  beta2: 0.98,
  clip: 1,
  frozenLayers: 0,
  dropout: 0,
  causal: 0.25,
  fitHead: 0,
  maskRate: 0.3,
  validation: 0.02,
  validateEvery: 500
} as const

/** Adapts an encoder that is trained already to the text of a domain: masking from the start, as RoBERTa's, and a smaller step. */
export const adaptation = { ...fromNothing, causal: 0, learningRate: 1e-4, maskRate: 0.15 } as const

const Settings = Schema.Struct({
  tokens: option(PositiveInt, {
    help: "tokens to train on in all; texts are read again and again until then"
  }),
  ...trainingFields,
  rowTokens: option(Schema.Int.check(Schema.isGreaterThan(7)), {
    default: 64,
    help: "tokens of a row, special ones included: texts are packed whole, one behind the other"
  }),
  causal: option(Fraction, {
    help: "part of the steps, the first ones, in which every next token is predicted from those before it; from nothing, masking alone stalls at the frequencies of words for millions of tokens"
  }),
  fitHead: option(Fraction, {
    help: "part of the steps, the first ones, in which the language-model head alone is trained, at ten times the rate: for a new head on a trained encoder"
  }),
  maskRate: option(Schema.Finite.check(Schema.isBetween({ minimum: 0.01, maximum: 0.9 })), {
    help: "part of the tokens that are predicted when masking; RoBERTa has 0.15, 0.3 learns faster at small sizes"
  }),
  wholeWords: option(Schema.Boolean, { default: false, help: "mask all sub-tokens of a word together" }),
  lowercase: option(Fraction, {
    default: 0,
    help: "part of the texts read in lower case, for data that has no capitals"
  })
})
export type MaskedLanguageSettings = (typeof Settings)["Type"]

const presets = { "from-nothing": fromNothing, adaptation }

/** Every setting, flat; those absent come from the preset. `tokens` has no default. */
export const MaskedLanguageOptions = Schema.Struct({
  preset: option(Schema.Literals(["from-nothing", "adaptation"]), {
    default: "from-nothing",
    help: "the recipe for a base from nothing, or for an encoder that is trained already"
  }),
  ...Settings.fields
}).annotate({ presets })
export type MaskedLanguageOptions = Partial<Omit<(typeof MaskedLanguageOptions)["Encoded"], "tokens">> & {
  readonly tokens: number
}

/** @throws OptionError for an unknown or out-of-range option */
export const decodeMaskedLanguageOptions = ({
  preset = "from-nothing",
  ...options
}: MaskedLanguageOptions): MaskedLanguageSettings =>
  decodePreset("pretrainMaskedLanguage", Settings, presets, preset, options)

export interface MaskedLanguageInput extends MaskedLanguageOptions, RunOptions {
  readonly texts: Iterable<string> | AsyncIterable<string>
  /** Trained in place. */
  readonly encoder: Encoder
  /** The encoder's language-model head, trained in place. Absent: one is made for the run and freed at its end. */
  readonly head?: LanguageHead
}

/** What is about to be done. Comes first. */
export interface MaskedLanguageStart {
  readonly type: "start"
  readonly steps: number
  /** The first of them that look back only. */
  readonly causalSteps: number
  /** The first of them that train the head alone. */
  readonly headSteps: number
  readonly trainRows: number
  readonly validationRows: number
}

/** The masked loss on the held-out rows, in nats a token. */
export interface LanguageScores {
  readonly loss: number
}

export type MaskedLanguageEvent = MaskedLanguageStart | TrainingEvent<LanguageScores>

/**
 * Makes a base, or adapts one to a domain: left-to-right language modelling for the first part of the steps, then RoBERTa's dynamic
 * masking (Liu et al. 2019). The recipe and the resuming to the bit are those of `pretrain`.
 *
 * @throws OptionError, InputError; NonFiniteError and CheckpointError of the training loop
 */
export async function* pretrainMaskedLanguage(
  input: MaskedLanguageInput
): AsyncGenerator<MaskedLanguageEvent, void, void> {
  const { checkpoint, encoder: trained, head: given, signal, texts, ...options } = input
  checkTexts("pretrainMaskedLanguage", texts)
  const settings = decodeMaskedLanguageOptions(options)
  const { accumulate, batchSize, causal, fitHead, rowTokens, seed } = settings
  const { config, tokenizer } = trained
  if (rowTokens > maxTokens(config)) {
    const reason = `${rowTokens} tokens are more than the encoder's ${maxTokens(config)}`
    throw new OptionError({ component: "pretrainMaskedLanguage", option: "rowTokens", reason })
  }
  const packed = await packRows(texts, tokenizer, settings)
  const encoder = withAdapters(trained, settings)
  const head = given ?? initLanguageHead(config, seed)
  try {
    const objective = languageObjective(packed, encoder, head, settings)
    const steps = Math.max(1, Math.round(settings.tokens / (batchSize * accumulate * rowTokens)))
    yield {
      type: "start",
      steps,
      causalSteps: Math.ceil(steps * causal),
      headSteps: Math.ceil(steps * fitHead),
      trainRows: objective.examples.count,
      validationRows: objective.held.count
    }
    yield* trainObjective({ objective, encoder, settings, steps, checkpoint, signal })
  } finally {
    if (given === undefined) disposeAll(head)
    mergeLora(encoder)
  }
}

/** Predicting tokens as an objective. */
const languageObjective = (
  packed: PackedRows,
  encoder: Encoder,
  head: LanguageHead,
  settings: MaskedLanguageSettings
): Objective<PackedRow, LanguageBatch, LanguageScores> => {
  const { causal, fitHead, seed, validation } = settings
  const { special, vocabSize } = encoder.tokenizer
  const { first, last, mask, pad, unknown } = special
  if (mask === undefined) {
    const reason = "the tokenizer has no mask token"
    throw new OptionError({ component: "pretrainMaskedLanguage", option: "encoder", reason })
  }
  const specialIds = new Set([first, last, mask, pad, unknown].map(({ id }) => id))
  const masking = { ...settings, maskId: mask.id, vocabSize, specialIds }
  const { held, training } = splitRows(packed, validation, seed)
  const model: LanguageModel = { encoder, pass: encoderPass(encoder, settings), head }
  return {
    parameters: { ...encoder.parameters, ...head },
    examples: rowExamples(packed, training),
    held: rowExamples(packed, held),
    batch: async (rows, { done, name, training }) =>
      languageBatch(
        rows,
        { causal: training && done < causal, headOnly: training && done < fitHead },
        masking,
        rng(seed).fork(name)
      ),
    loss: (batch, { dropout }) => languageLoss(model, batch, dropout),
    validate: async (batches) => {
      let loss = 0
      let predicted = 0
      for await (const batch of batches) {
        loss += batch.positions.length * tf.tidy(() => languageLoss(model, batch).dataSync()[0]!)
        predicted += batch.positions.length
        await hostTurn()
      }
      return { loss: loss / predicted }
    },
    tokens: ({ text }) => text.rows * text.tokens,
    rateOf: (name) => (fitHead > 0 && Object.hasOwn(head, name) ? 10 : 1),
    reading: {},
    dispose: () => {}
  }
}

/** Row numbers in random order, a part of them held out. @throws InputError where no row is left to train on */
const splitRows = ({ rows, rowTokens }: PackedRows, validation: number, seed: number) => {
  const held = Math.min(Math.floor(rows / 2), Math.round(rows * validation))
  if (rows - held === 0) {
    throw new InputError({
      source: "texts",
      reason: `are shorter than one row of ${rowTokens} tokens`,
      remedy: "give more text, or a smaller rowTokens"
    })
  }
  const order = Int32Array.from(
    rng(seed)
      .fork("split")
      .shuffle(Array.from({ length: rows }, (_, row) => row))
  )
  return { held: order.slice(0, held), training: order.slice(held) }
}
