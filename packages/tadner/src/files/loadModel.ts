import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { InputError } from "@nuner/core"
import { loadEncoder, loadTokenClassifier } from "@nuner/encoder"
import { assemble, type TadNerModel } from "../model/TadNerModel.ts"
import { tagsOf } from "../words/spanTags.ts"
import { CLASSIFIER, DETECTOR, parseSettings, SETTINGS_FILE, type Settings } from "./settings.ts"

/** Reads what `saveModel` wrote, or the networks of a saved recogniser. The caller disposes the model. @throws InputError, SafetensorsError */
export const loadModel = async (directory: string): Promise<TadNerModel> =>
  loadNetworks(directory, await readSettings(directory))

export const readSettings = async (directory: string): Promise<Settings> => {
  const path = join(directory, SETTINGS_FILE)
  if (!existsSync(path)) {
    const remedy = "give the directory of a TadNER model"
    throw new InputError({ source: path, reason: "no such file", remedy })
  }
  return parseSettings(await readFile(path, "utf8"), path)
}

export const loadNetworks = async (
  directory: string,
  { headDropout, scheme }: Pick<Settings, "headDropout" | "scheme">
): Promise<TadNerModel> => {
  const { bias, encoder, kernel, labels } = await loadTokenClassifier(join(directory, DETECTOR))
  const detector = { encoder, kernel, bias, scheme, dropout: headDropout }
  try {
    const classifier = await loadEncoder(join(directory, CLASSIFIER))
    const model = assemble(detector, classifier)
    if (labels.join() === tagsOf(scheme).join() && classifier.tokenizer.json === encoder.tokenizer.json) return model
    classifier.dispose()
    const reason = "detector, classifier and tadner.json do not belong together"
    throw new InputError({ source: directory, reason, remedy: "save the model again" })
  } catch (error) {
    encoder.dispose()
    kernel.dispose()
    bias.dispose()
    throw error
  }
}
