import { existsSync } from "node:fs"
import { decodeOptions, type LabelledSentence, typesIn } from "@nuner/core"
import { type Encoder, fromPretrained } from "@nuner/encoder"
import { bootstrap, countEntities } from "@nuner/metrics"
import { fineTune } from "../finetune/fineTune.ts"
import { type TokenClassifier, tokenClassifier } from "../predict/tokenClassifier.ts"
import { fitProbe } from "../probe/fitProbe.ts"
import type { TypeScores } from "../probe/TypeScores.ts"
import { textNumbers } from "../probe/textNumbers.ts"
import { fitTransitions } from "../transitions/Transitions.ts"
import { type ChosenProbe, chooseProbe, type FewShotWork, foundUnseen, START, scoreOf } from "./chooseProbe.ts"
import { type Example, readExamples } from "./examples.ts"
import { FewShotOptions } from "./FewShotOptions.ts"
import type { ProbeSetting, Trial } from "./probeTrials.ts"

export type FewShotInput = Partial<(typeof FewShotOptions)["Encoded"]> & {
  readonly examples: ReadonlyArray<Example>
  /** A name or directory, or an encoder, which stays the caller's. Default "mini", of the package @nuner/mini. */
  readonly encoder?: string | Encoder
  /** What types are called, as `typeScores` of @nuner/zeroshot reads it: the probe's weights begin there. Asked once, for the examples' types. Default: labels are labels. */
  readonly names?: ((types: ReadonlyArray<string>) => Promise<TypeScores>) | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: FewShotProgress) => void) | undefined
}

export interface FewShotProgress {
  readonly stage: "encode" | "choose" | "train"
  readonly done: number
  readonly of: number
}

/**
 * Entity micro F1 on examples that were held out, by a choice made without them, with a bootstrap interval over examples. In 0..1. Models of the other four
 * fifths (with five folds) read them, which learned from less than the model has, and a handful is few to score on: it was off by up to 16 points on sets of
 * 25 to 60 examples, within its interval in most (benchmarks/mini/README.md).
 */
export interface Expected {
  readonly f1: number
  readonly low: number
  readonly high: number
  /** Of the interval. */
  readonly confidence: number
  /** Examples that were held out, each once. */
  readonly examples: number
}

export interface FewShotModel extends TokenClassifier {
  readonly mode: "probe" | "full"
  /** C is of no account in mode "full". */
  readonly setting: ProbeSetting
  /** Absent where there are too few examples to hold any out, and where mode "full" was asked for. */
  readonly expected: Expected | undefined
  /** What was tried, and its entity micro F1 on held-out examples; "full" on a part of them. */
  readonly tried: ReadonlyArray<{
    readonly mode: "probe" | "full"
    readonly setting: ProbeSetting
    readonly f1: number
  }>
}

/**
 * A NER model from a handful of examples: "these are my examples", and no more. Layers, scheme, C and decoder are chosen by cross-validation on them, and whether `names` help; from
 * `fullFrom` examples on fine-tuning is tried against the probe on those held out. What the model is expected to score is said before it is used.
 * `saveClassifier` writes it. The caller disposes it; an encoder that was given stays the caller's.
 *
 * @throws InputError for examples that are none, OptionError, and as `fromPretrained`
 */
export const fewShot = async (input: FewShotInput): Promise<FewShotModel> => {
  const { examples, encoder: given = "mini", names, signal, onProgress = () => {}, ...options } = input
  const settings = decodeOptions("fewShot", FewShotOptions, options)
  const sentences = readExamples(examples)
  const scores = await names?.(typesIn(sentences))
  const encoder = typeof given === "string" ? await fromPretrained(given) : given
  const work = { encoder, sentences, settings, scores, signal, onProgress }
  let model: FewShotModel | undefined
  try {
    model = settings.mode === "full" ? await full(work) : await best(work)
    return model.encoder === given ? { ...model, dispose: () => {} } : model
  } finally {
    if (encoder !== given && encoder !== model?.encoder) encoder.dispose()
  }
}

/** The probe that is best on held-out examples, or fine-tuning where it is better still. */
const best = async (work: FewShotWork): Promise<FewShotModel> => {
  const { sentences, settings } = work
  const probe = await chooseProbe(work)
  const tried = probe.trials.map(({ found, setting }) => ({
    mode: "probe" as const,
    setting,
    f1: scoreOf(sentences, found)
  }))
  const unseen = probe.trials.length === 0 ? undefined : foundUnseen(sentences, probe.trials, settings.folds)
  const taken = (): FewShotModel => ({
    ...classifierOf(work, probe),
    ...{ mode: "probe", setting: probe.setting, tried },
    expected: unseen && expectedOf(sentences, unseen, settings.seed)
  })
  // An update costs about three times what encoding its sentences does; it is made for a fold less, and then for all.
  const estimate = 6 * settings.epochs * probe.seconds
  if (settings.mode === "probe" || unseen === undefined || sentences.length < settings.fullFrom) return taken()
  // What has begun goes on, also where encoding was slower this time.
  const hasBegun = settings.checkpoints !== undefined && existsSync(runDirectory(settings.checkpoints, "trial"))
  if (estimate > settings.seconds && !hasBegun) return taken()

  const texts = textNumbers(sentences)
  const isHeld = (_: unknown, i: number) => texts[i]! % settings.folds === 0
  const held = sentences.filter(isHeld)
  const setting = fullSetting(work)
  const others = sentences.filter((_, i) => !isHeld(_, i))
  const trial = await train(work, setting, others, "trial")
  const found = await trial.predictWords(held).finally(() => trial.dispose())
  const f1 = scoreOf(held, found)
  if (f1 <= scoreOf(held, unseen.filter(isHeld)))
    return { ...taken(), tried: [...tried, { mode: "full", setting, f1 }] }
  const model = await full(work)
  return {
    ...model,
    tried: [...tried, { mode: "full", setting, f1 }],
    expected: expectedOf(held, found, settings.seed)
  }
}

const full = async (work: FewShotWork): Promise<FewShotModel> => {
  const setting = fullSetting(work)
  return {
    ...(await train(work, setting, work.sentences, "all")),
    mode: "full",
    setting,
    expected: undefined,
    tried: []
  }
}

/** Of fine-tuning, where the weight of transitions is always told. */
type FullSetting = ProbeSetting & { readonly transitions: number }

const fullSetting = ({ settings }: FewShotWork): FullSetting => ({
  layers: settings.layers ?? [-1],
  scheme: settings.scheme ?? "BIO",
  c: settings.c ?? 1,
  transitions: settings.transitions ?? START.transitions,
  names: false
})

/** On all examples but a fold's, or on all. */
type FullRun = "trial" | "all"

const runDirectory = (checkpoints: string, run: FullRun): string => `${checkpoints}/${run}`

/** Encoder and head trained together. `run` tells its checkpoints from those of another one. */
const train = async (
  { encoder, onProgress, settings, signal }: FewShotWork,
  { layers, scheme, transitions: weight }: FullSetting,
  sentences: ReadonlyArray<LabelledSentence>,
  run: FullRun
): Promise<TokenClassifier> => {
  const { checkpoints, epochs, learningRate, pooling, seed } = settings
  for await (const event of fineTune({
    encoder,
    train: sentences,
    layers,
    scheme,
    pooling,
    epochs,
    learningRate,
    seed,
    signal,
    ...(checkpoints !== undefined && { checkpoints: runDirectory(checkpoints, run), checkpointEvery: 1 })
  })) {
    if (event.type === "step") onProgress({ stage: "train", done: event.step, of: event.steps })
    if (event.type === "done") {
      const { classifier } = event
      const transitions = fitTransitions(sentences, classifier.head.classes, scheme, { weight })
      return tokenClassifier({ ...classifier, transitions })
    }
  }
  // Without `done` the run was aborted.
  signal?.throwIfAborted()
  throw new Error("fine-tuning ended without a classifier")
}

const classifierOf = (
  { encoder, sentences, settings }: FewShotWork,
  { features, prior, setting }: ChosenProbe
): TokenClassifier => {
  const { c, layers, scheme, transitions: weight } = setting
  const { head } = fitProbe(features, sentences, { c, scheme }, { prior })
  const transitions = weight === undefined ? undefined : fitTransitions(sentences, head.classes, scheme, { weight })
  return tokenClassifier({ encoder, head, layers, pooling: settings.pooling, scheme, transitions })
}

const expectedOf = (
  sentences: ReadonlyArray<LabelledSentence>,
  found: Trial<unknown>["found"],
  seed: number
): Expected => {
  const counts = countEntities(
    sentences,
    found.map((entities) => ({ entities }))
  )
  const { confidence, estimate, high, low } = bootstrap({ counts, seed })
  return { f1: estimate, low, high, confidence, examples: sentences.length }
}
