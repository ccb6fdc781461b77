import { randomUUID } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, rename, rm } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { InputError, writeJson } from "@nuner/core"
import { type SaveOptions, saveEncoder, saveTokenClassifier } from "@nuner/encoder"
import { movedError } from "@nuner/engine"
import type { TadNerModel } from "../model/TadNerModel.ts"
import { tagsOf } from "../words/spanTags.ts"
import { CLASSIFIER, DETECTOR, SETTINGS_FILE, type Settings } from "./settings.ts"

/**
 * Writes a source-trained model, whole or not at all: `detector/` loads as a token classifier and `classifier/` as an encoder in transformers (a ModernBERT's both as encoders),
 * `tadner.json` says what else there is to know.
 *
 * @throws OutputError; InputError where the directory holds something else
 */
export const saveModel = (directory: string, model: TadNerModel, options: SaveOptions = {}): Promise<void> =>
  replace(directory, async (fresh) => {
    await writeNetworks(fresh, model, options)
    await writeJson(join(fresh, SETTINGS_FILE), settingsOf(model))
  })

export const settingsOf = ({ detector }: TadNerModel): Settings => ({
  format: "nuner-tadner-1",
  scheme: detector.scheme,
  headDropout: detector.dropout
})

export const writeNetworks = async (
  directory: string,
  { classifier, detector }: TadNerModel,
  options: SaveOptions = {}
): Promise<void> => {
  const { bias, encoder, kernel, scheme } = detector
  await saveTokenClassifier(join(directory, DETECTOR), { encoder, kernel, bias, labels: tagsOf(scheme) }, options)
  await saveEncoder(join(directory, CLASSIFIER), classifier, options)
}

/** Fills a fresh directory, then puts it in the place of an earlier model. */
export const replace = async (directory: string, write: (fresh: string) => Promise<void>): Promise<void> => {
  const target = resolve(directory)
  // A model that lost its settings is made anew; anything else is not ours to replace.
  if (existsSync(target) && ![SETTINGS_FILE, DETECTOR].some((name) => existsSync(join(target, name)))) {
    const reason = `exists and holds no ${SETTINGS_FILE}: it is something else`
    throw new InputError({ source: directory, reason, remedy: "name another directory" })
  }
  const aside = (what: string) => join(dirname(target), `.${basename(target)}.${what}-${randomUUID().slice(0, 8)}`)
  const fresh = aside("partial")
  const old = aside("old")
  await mkdir(fresh, { recursive: true })
  try {
    await write(fresh)
    if (existsSync(target)) await rename(target, old)
    await rename(fresh, target)
  } catch (error) {
    throw movedError(error, fresh, directory)
  } finally {
    await rm(fresh, { recursive: true, force: true })
    await rm(old, { recursive: true, force: true })
  }
}
