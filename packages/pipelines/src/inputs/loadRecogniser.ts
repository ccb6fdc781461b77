import { existsSync } from "node:fs"
import { join } from "node:path"
import { loadClassifier } from "@nuner/classifier"
import { type Entity, InputError, type LabelledSentence } from "@nuner/core"
import { TadNer } from "@nuner/tadner"

/** Any saved NER model, as a scorer sees it. */
export interface Recogniser {
  readonly kind: "classifier" | "tadner"
  /** Whether scores are probabilities, so that their calibration can be told. */
  readonly probabilities: boolean
  /** The entities of sentences whose words are given; offsets count words. */
  predictWords(
    sentences: ReadonlyArray<LabelledSentence>,
    options: { readonly signal: AbortSignal }
  ): Promise<ReadonlyArray<ReadonlyArray<Entity & { readonly score: number }>>>
  dispose(): void
}

/**
 * Loads what a model directory holds, told by its files: `tadner.json` is a TadNER recogniser, `nuner.json` or another token classification
 * model a classifier. A model of another kind gets a line here.
 *
 * @throws InputError, SafetensorsError
 */
export const loadRecogniser = async (directory: string): Promise<Recogniser> => {
  if (existsSync(join(directory, "tadner.json"))) {
    const model = await TadNer.load(directory)
    const { predictWords, dispose } = model
    return { kind: "tadner", probabilities: false, predictWords, dispose }
  }
  if (!existsSync(join(directory, "config.json"))) {
    const remedy = "name a directory that nuner fit or nuner tadner wrote"
    throw new InputError({ source: directory, reason: "holds no NER model", remedy })
  }
  const { predictWords, dispose } = await loadClassifier(directory)
  return { kind: "classifier", probabilities: true, predictWords, dispose }
}
