import { existsSync } from "node:fs"
import { join } from "node:path"
import { loadClassifier, type PredictOptions, type TextEntity, typesOf } from "@nuner/classifier"
import { type Entity, InputError, type LabelledSentence, OptionError } from "@nuner/core"
import { resolveModel } from "@nuner/encoder"
import { TadNer } from "@nuner/tadner"
import { type Unrepresented, ZeroShot } from "@nuner/zeroshot"
import type { Asked } from "./asked.ts"
import { zeroShotRecogniser } from "./zeroShotRecogniser.ts"

/** Any saved NER model, as those who read with it see it. */
export interface Recogniser {
  readonly kind: "classifier" | "tadner" | "zero-shot"
  /** Whether scores are probabilities, so that their calibration can be told. */
  readonly probabilities: boolean
  /** What it marks. */
  readonly types: ReadonlyArray<string>
  /** Whether what is found in a text depends on those that are given with it (TadNER's published mode): all are to be given at once. */
  readonly together: boolean
  /** The entities of texts, in UTF-16 units; those below `minScore` are left out. */
  predict(
    texts: ReadonlyArray<string>,
    options?: Pick<PredictOptions, "minScore" | "signal">
  ): Promise<Array<Array<TextEntity>>>
  /** The entities of sentences whose words are given; offsets count words. */
  predictWords(
    sentences: ReadonlyArray<LabelledSentence>,
    options: { readonly signal: AbortSignal }
  ): Promise<ReadonlyArray<ReadonlyArray<Entity & { readonly score: number }>>>
  /** Of a zero-shot model: what stood in its way so far. */
  readonly unrepresented?: () => Unrepresented
  /** Of a zero-shot model that has such a limit: the widest entity, in words. */
  readonly maxWidth?: number | undefined
  dispose(): void
}

/**
 * Loads what a model directory holds, told by its files: `tadner.json` is a TadNER recogniser, a zero-shot model has its own, `nuner.json` or another
 * token classification model a classifier. A model of another kind gets a line here.
 *
 * @param model a directory; "mini" or the name of a model on the hub where types are asked for
 * @param asked of a zero-shot model; a model that knows its types takes none
 * @throws InputError, SafetensorsError; OptionError for types that a model does not take, or lacks
 */
export const loadRecogniser = async (model: string, asked: Asked = {}): Promise<Recogniser> => {
  const { thresholds, types } = asked
  const directory = types === undefined ? model : await resolveModel(model)
  if (isZeroShot(directory)) return zeroShotRecogniser(model, asked)
  if (thresholds !== undefined) {
    const reason = `${model} is no zero-shot model`
    throw new OptionError({ component: "model", option: "thresholds", reason, remedy: "use minScore" })
  }
  if (types !== undefined) {
    const pair = existsSync(join(directory, "concepts", "scorer.json"))
    const reason = pair
      ? `${model} holds two encoders whose scores are no probabilities yet`
      : `${model} knows its types; only a zero-shot model is asked for others`
    const remedy = pair ? `nuner zero calibrate ${model} ALIGNED` : "leave them out"
    throw new OptionError({ component: "model", option: "types", reason, remedy })
  }
  if (existsSync(join(directory, "tadner.json"))) {
    return tadnerRecogniser(await TadNer.load(directory))
  }
  if (!existsSync(join(directory, "config.json"))) {
    const remedy = "name a directory that nuner fit, nuner tadner or nuner zero wrote"
    throw new InputError({ source: directory, reason: "holds no NER model", remedy })
  }
  const classifier = await loadClassifier(directory)
  const { dispose, predict, predictWords } = classifier
  const known = [...new Set(typesOf(classifier.head.classes, classifier.scheme))].filter((type) => type !== "")
  return { kind: "classifier", probabilities: true, types: known, together: false, predict, predictWords, dispose }
}

/** A TadNER recogniser as those who read with it see it. */
export const tadnerRecogniser = ({ dispose, predict, predictWords, settings, types }: TadNer): Recogniser => ({
  kind: "tadner",
  probabilities: false,
  types,
  together: settings.normaliseOverSpans || settings.typeDropout,
  predict: async (texts, { minScore = 0, signal } = {}) =>
    (await predict(texts, { signal })).map((entities) => entities.filter(({ score }) => score >= minScore)),
  predictWords,
  dispose
})

/** Whether a model wants to be told its types: the one in the box, or a directory. */
export const isZeroShot = (model: string): boolean => model === "mini" || ZeroShot.isIn(model)

/** The directory of a model, also of the one in the box. */
export const placeOf = async (model: string): Promise<string> => (isZeroShot(model) ? resolveModel(model) : model)
