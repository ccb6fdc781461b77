import {
  type DataOptionsInput,
  decodeOptions,
  InputError,
  OptionError,
  option,
  Positive,
  PositiveInt
} from "@nuner/core"
import {
  countParameters,
  type Encoder,
  type LoadedLanguageModel,
  loadLanguageModel,
  loadTokenizer,
  modelCard,
  randomEncoder,
  resolveModel,
  saveEncoder,
  saveLanguageModel,
  small,
  trainByteLevelBpe
} from "@nuner/encoder"
import { disposeAll } from "@nuner/engine"
import {
  initLanguageHead,
  type LanguageScores,
  type MaskedLanguageOptions,
  type MaskedLanguageStart,
  pretrainMaskedLanguage
} from "@nuner/trainer"
import { Effect, Schema, Stream } from "effect"
import { attempt, type StageError } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { READ, streamOf } from "../services/streams.ts"
import { checkpoints } from "./checkpoints.ts"
import { plain } from "./plain.ts"
import { artefactsOf, trainModel } from "./trainModel.ts"

/** What a base that is made from nothing looks like. */
export const BaseShape = Schema.Struct({
  hidden: option(PositiveInt, { default: 256, help: "width of a token's vector" }),
  layers: option(PositiveInt, { default: 4, help: "layers of the encoder" }),
  window: option(PositiveInt, { default: 128, help: "most tokens of a window" }),
  initRange: option(Schema.optionalKey(Positive), {
    help: "deviation of the first weights; 1 / sqrt(hidden) learns faster where the width is small",
    absent: "0.02, RoBERTa's"
  }),
  tokenizer: option(Schema.optionalKey(Schema.NonEmptyString), {
    help: "a folder with a tokenizer to take over: tokenizer.json, or vocab.json and merges.txt, or vocab.txt",
    absent: "one is learned from the text"
  }),
  vocabSize: option(PositiveInt, { default: 8192, help: "entries of the byte-level BPE that is learned" })
})
export type BaseShape = (typeof BaseShape)["Encoded"]

export interface BaseStageOptions extends BaseShape, Partial<MaskedLanguageOptions> {
  /** Raw text to learn the vocabulary and the language from: see `readSentences`. */
  readonly inputs: ReadonlyArray<string>
  /** How its files are read. */
  readonly data?: DataOptionsInput
  /** The model directory; beside it the manifest, the log of losses and their curve. */
  readonly out: string
  /**
   * A model directory, or a name on the hub, to adapt to the texts instead of making a base from nothing. Its shape, tokenizer and
   * language-model head stay, and the preset is `"adaptation"`. One that comes without a head gets one, fitted first, the encoder as it is.
   * Default: none.
   */
  readonly from?: string
  /** Tokens of language modelling; 0 leaves the weights random. Default 0. */
  readonly tokens?: number
}

/** Makes a small RoBERTa with a tokenizer of its own, from nothing but text, or adapts an encoder to a domain's text. */
export const baseStage = Effect.fn("baseStage")(function* (options: BaseStageOptions) {
  const {
    data,
    from,
    hidden,
    initRange,
    inputs,
    layers,
    out,
    seed = 0,
    tokenizer,
    tokens = 0,
    vocabSize,
    window,
    ...rest
  } = options
  const given = { hidden, initRange, layers, tokenizer, vocabSize, window }
  const shape = from === undefined ? decodeOptions("base", BaseShape, defined(given)) : undefined
  const language = { preset: from === undefined ? "from-nothing" : "adaptation", ...rest } as const
  const { say } = yield* Progress
  yield* checkOptions(from, tokens, defined(given), defined(rest))
  const directory = from === undefined ? undefined : yield* attempt("base", () => resolveModel(from))
  return yield* runStage({
    name: "base",
    manifest: `${out}.manifest.json`,
    settings: plain({ ...shape, tokenizer: undefined, ...language, from, tokens, data }),
    seeds: { base: seed },
    inputs: [...inputs, ...[tokenizer, directory].filter((path) => path !== undefined)],
    artefacts: tokens > 0 ? artefactsOf(out) : [out],
    ...(tokens > 0 && { checkpoints: checkpoints(out).directory }),
    models: [out],
    tensors: true,
    work: Effect.gen(function* () {
      const door = intake({ data, say, out })
      const texts = yield* Stream.fromIterable(inputs).pipe(
        Stream.flatMap((input) => streamOf("base", () => door.sentences(input), READ)),
        Stream.map(({ text }) => text),
        Stream.runCollect
      )
      if (texts.length === 0) return yield* new InputError({ source: inputs.join(", "), reason: "has no text" })
      const { encoder, head: known } = yield* Effect.acquireRelease(
        attempt("base", async (): Promise<LoadedLanguageModel> => {
          if (directory !== undefined) return loadLanguageModel(directory)
          return { encoder: await newEncoder(texts, shape!, seed), head: undefined }
        }),
        (loaded) => Effect.sync(() => loaded.encoder.dispose())
      )
      const what = `${encoder.config.layers} layers x ${encoder.config.hidden}`
      const millions = `${(countParameters(encoder.config) / 1e6).toFixed(1)}M parameters`
      const made =
        from === undefined
          ? `made from ${texts.length} texts; its tokenizer was ${tokenizer === undefined ? "learned from them" : "taken over"}`
          : `${from} adapted to ${texts.length} texts`
      const card = () =>
        modelCard({
          name: from === undefined ? "A small RoBERTa" : "An adapted encoder",
          description: `A base encoder of ${what} (${millions}), ${made}.`,
          license: "apache-2.0",
          settings: plain({ ...shape, ...language, vocabSize: encoder.tokenizer.vocabSize, tokens, seed })
        })
      const counts = { records: door.counts(), texts: { in: texts.length, out: texts.length, dropped: {} } }
      const summary = `${what}, ${millions}, ${encoder.tokenizer.vocabSize} tokens`
      if (tokens === 0) {
        yield* attempt("base", () => saveEncoder(out, encoder, { card: card() }))
        return { counts, files: door.files, summary: `${summary}, random weights` }
      }
      const head = yield* Effect.acquireRelease(
        Effect.sync(() => known ?? initLanguageHead(encoder.config, seed)),
        (weights) => Effect.sync(() => disposeAll(weights))
      )
      const fitting = from !== undefined && known === undefined ? { fitHead: FIT_HEAD, ...language } : language
      const { loss, scores } = yield* trainModel<MaskedLanguageStart, LanguageScores>({
        ...{ stage: "base", encoder, dtype: "F32", out, card, weights: rest.weights },
        events: async function* (run) {
          for await (const event of pretrainMaskedLanguage({
            ...fitting,
            texts,
            encoder,
            head,
            tokens,
            seed,
            ...run
          })) {
            if (event.type === "start" && event.headSteps > 0) {
              say(
                `${from} has no language-model head: one is fitted first, for ${event.headSteps} steps, the encoder as it is`
              )
            }
            yield event
          }
        },
        note: ({ loss }) => `loss ${loss.toFixed(3)}`,
        save: (card) => saveLanguageModel(out, { encoder, head }, { card })
      })
      return {
        counts,
        files: door.files,
        summary: `${summary}, masked loss ${(scores?.loss ?? loss).toFixed(2)} after ${tokens} tokens`
      }
    }).pipe(Effect.scoped)
  })
})

/** Part of an adaptation's steps in which a new head is fitted. */
const FIT_HEAD = 0.1

const defined = <A extends object>(options: A): Partial<A> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<A>

/** An option that would do nothing is refused. */
const checkOptions = (
  from: string | undefined,
  tokens: number,
  shape: BaseShape,
  language: object
): Effect.Effect<void, StageError> => {
  const fail = (option: string, reason: string) => Effect.fail(new OptionError({ component: "base", option, reason }))
  const [given] = Object.keys(shape)
  if (from !== undefined && given !== undefined) return fail(given, "an encoder that is adapted keeps its shape")
  if (from !== undefined && tokens === 0) return fail("tokens", "say for how many tokens to adapt the encoder")
  if (shape.tokenizer !== undefined && shape.vocabSize !== undefined) {
    return fail("vocabSize", "a tokenizer that is taken over has its vocabulary")
  }
  const [learning] = Object.keys(language)
  if (tokens === 0 && learning !== undefined) return fail(learning, "nothing is learned with 0 tokens: give tokens")
  return Effect.void
}

const newEncoder = async (
  texts: ReadonlyArray<string>,
  { hidden, initRange, layers, tokenizer, vocabSize, window }: typeof BaseShape.Type,
  seed: number
): Promise<Encoder> => {
  const heads = Math.max(1, Math.round(hidden / 64))
  const config = small({
    ...{ hidden, layers, heads, positions: window + 2 },
    ...(initRange === undefined ? {} : { initializerRange: initRange })
  })
  const vocabulary = await (tokenizer === undefined
    ? trainByteLevelBpe(texts, { vocabSize })
    : loadTokenizer(tokenizer))
  return randomEncoder(config, vocabulary, seed)
}
