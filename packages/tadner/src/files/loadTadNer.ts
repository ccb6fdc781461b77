import { join } from "node:path"
import { InputError } from "@nuner/core"
import { readSafetensors, readWeights } from "@nuner/engine"
import type { Descent } from "../adapt/descend.ts"
import type { Vectors } from "../network/Vectors.ts"
import { adaptSettings } from "../options.ts"
import type { TadNerParts } from "../recognise/TadNer.ts"
import { loadNetworks, readSettings } from "./loadModel.ts"
import { SETTINGS_FILE, TYPES_FILE } from "./settings.ts"

/** Reads what `saveTadNer` wrote. @throws InputError, SafetensorsError */
export const loadTadNer = async (directory: string): Promise<TadNerParts> => {
  const settings = await readSettings(directory)
  const { fitted } = settings
  if (fitted === undefined) {
    const reason = "is a source-trained model, which knows no types of yours"
    throw new InputError({ source: join(directory, SETTINGS_FILE), reason, remedy: "fit it to examples first" })
  }
  const model = await loadNetworks(directory, settings)
  try {
    const { classifier, detector, options, threshold, typeNames, types } = fitted
    const shape = [types.length, model.classifier.config.hidden] as const
    const [names, prototypes] = await readVectors(join(directory, TYPES_FILE), ["names", "prototypes"], shape)
    return {
      ...{ model, settings: adaptSettings(options), types, typeNames, threshold },
      ...{ names: names!, prototypes: prototypes!, detector: descent(detector), classifier: descent(classifier) }
    }
  } catch (error) {
    model.dispose()
    throw error
  }
}

const descent = ({ firstLoss, lastLoss, steps }: { [K in keyof Descent]: Descent[K] | null }): Descent => ({
  steps: steps ?? 0,
  firstLoss: firstLoss ?? Number.NaN,
  lastLoss: lastLoss ?? Number.NaN
})

const readVectors = async (
  path: string,
  fields: ReadonlyArray<string>,
  [rows, width]: readonly [number, number]
): Promise<Array<Vectors>> => {
  const file = await readSafetensors(path)
  try {
    const found: Array<Vectors> = []
    for (const field of fields) {
      const entry = file.entries.get(field)
      if (entry?.shape.join() !== `${rows},${width}` || entry.dtype !== "F32") {
        const reason =
          entry === undefined ? "is missing" : `is ${entry.dtype} [${entry.shape}], not F32 [${rows},${width}]`
        throw new InputError({ source: path, field, reason, remedy: "save the recogniser again" })
      }
      found.push({ rows, width, values: await readWeights(file, field) })
    }
    return found
  } finally {
    await file.close()
  }
}
