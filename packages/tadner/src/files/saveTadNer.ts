import { join } from "node:path"
import { OptionError, writeJson } from "@nuner/core"
import { type TensorSource, writeWeights } from "@nuner/engine"
import type { Vectors } from "../network/Vectors.ts"
import type { TadNerParts } from "../recognise/TadNer.ts"
import { replace, settingsOf, writeNetworks } from "./saveModel.ts"
import { SETTINGS_FILE, TYPES_FILE } from "./settings.ts"

/** Writes a fitted recogniser, whole or not at all. @throws OutputError; InputError where the directory holds something else */
export const saveTadNer = (directory: string, parts: TadNerParts): Promise<void> =>
  replace(directory, async (fresh) => {
    const { classifier, detector, model, names, prototypes, settings, threshold, typeNames, types } = parts
    await writeNetworks(fresh, model)
    await writeWeights(join(fresh, TYPES_FILE), [tensor("names", names), tensor("prototypes", prototypes)])
    if (!Number.isFinite(threshold)) {
      throw new OptionError({ component: "saveTadNer", option: "threshold", reason: `is ${threshold}: no number` })
    }
    // A loss of no step is NaN here and null in JSON.
    const fitted = { types, typeNames, threshold, detector, classifier, options: settings }
    await writeJson(join(fresh, SETTINGS_FILE), { ...settingsOf(model), fitted })
  })

const tensor = (name: string, { rows, values, width }: Vectors): TensorSource => ({
  ...{ name, dtype: "F32", shape: [rows, width], data: async () => values }
})
