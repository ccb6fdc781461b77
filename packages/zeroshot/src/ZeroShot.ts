import { existsSync } from "node:fs"
import { join } from "node:path"
import { InputError } from "@nuner/core"
import { type FromPretrainedOptions, resolveModel } from "@nuner/encoder"
import type { ZeroShotKind, ZeroShotModel } from "./ZeroShotModel.ts"

/** Every layout that is read, the first one that fits is taken. */
const kinds: ReadonlyArray<ZeroShotKind> = []

/**
 * A zero-shot model: from a directory, or from the hub through the standard cache.
 *
 * @param model a directory, "mini", or "organisation/name" ("numind/NuNER_Zero")
 * @throws InputError, SafetensorsError
 */
const fromPretrained = async (model: string, options: FromPretrainedOptions = {}): Promise<ZeroShotModel> => {
  const directory = await resolveModel(model, options)
  const found = kinds.find(({ file }) => existsSync(join(directory, file)))
  if (found !== undefined) return found.load(directory)
  throw new InputError({
    source: directory,
    reason: "holds no zero-shot model",
    remedy: `one has ${kinds.map(({ file }) => file).join(" or ")}`
  })
}

/** Types given as words: `(await ZeroShot.fromPretrained(model)).predict(texts, types)`. */
export const ZeroShot = { fromPretrained } as const
