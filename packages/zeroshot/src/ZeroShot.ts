import { existsSync } from "node:fs"
import { join } from "node:path"
import { InputError } from "@nuner/core"
import { encoderLayout, type FromPretrainedOptions, type ModelLayout, resolveModel } from "@nuner/encoder"
import { biEncoderKind } from "./biencoder/loadBiEncoder.ts"
import { glinerKind } from "./gliner/loadGliner.ts"
import { readThresholds, THRESHOLDS_FILE, withThresholds } from "./thresholds.ts"
import type { ZeroShotKind, ZeroShotModel } from "./ZeroShotModel.ts"

/** Every layout that is read, the first one that fits is taken. */
const kinds: ReadonlyArray<ZeroShotKind> = [glinerKind, biEncoderKind]

/**
 * The files of whichever kind a model on the hub is, else of an encoder. A snapshot in the cache that has no kind's file may have been fetched
 * as an encoder.
 */
const layout: ModelLayout = {
  wanted: (files, source) => [
    ...(layoutOf((file) => files.includes(file)) ?? encoderLayout).wanted(files, source),
    ...files.filter((file) => file === THRESHOLDS_FILE)
  ],
  isComplete: async (directory) =>
    (await layoutOf((file) => existsSync(join(directory, file)))?.isComplete(directory)) ?? false
}

const layoutOf = (has: (file: string) => boolean): ModelLayout | undefined =>
  kinds.find(({ file }) => has(file))?.layout

/**
 * A zero-shot model: from a directory, or from the hub through the standard cache.
 *
 * @param model a directory, "mini", or "organisation/name" ("numind/NuNER_Zero")
 * @throws InputError, SafetensorsError
 */
const fromPretrained = async (model: string, options: FromPretrainedOptions = {}): Promise<ZeroShotModel> => {
  const directory = await resolveModel(model, { layout, ...options })
  const found = kinds.find(({ file }) => existsSync(join(directory, file)))
  if (found !== undefined) {
    const own = await readThresholds(directory)
    const loaded = await found.load(directory, options)
    return own === undefined ? loaded : withThresholds(loaded, own)
  }
  throw new InputError({
    source: directory,
    reason: "holds no zero-shot model",
    remedy: `one has ${kinds.map(({ file }) => file).join(" or ")}`
  })
}

/** Whether a directory holds a zero-shot model. */
const isIn = (directory: string): boolean => kinds.some(({ file }) => existsSync(join(directory, file)))

/** Types given as words: `(await ZeroShot.fromPretrained(model)).predict(texts, types)`. */
export const ZeroShot = { fromPretrained, isIn } as const
