import { SafetensorsError } from "../errors.ts"
import type { TensorData } from "./dtypes.ts"
import { firstNonFinite } from "./firstNonFinite.ts"
import type { SafetensorsFile } from "./readSafetensors.ts"
import { type TensorSource, writeSafetensors } from "./writeSafetensors.ts"

/**
 * `writeSafetensors` for a model's weights, which are numbers all: one NaN makes everything that is computed with them NaN, and says so
 * only much later.
 *
 * @throws SafetensorsError naming a tensor that holds NaN or infinity, and as `writeSafetensors`; nothing is left behind
 */
export const writeWeights = (
  path: string,
  tensors: ReadonlyArray<TensorSource>,
  metadata: Readonly<Record<string, string>> = {}
): Promise<void> => {
  const checked = tensors.map((source) => ({
    ...source,
    data: async () => {
      const values = await source.data()
      checkFinite(path, source.name, values)
      return values
    }
  }))
  return writeSafetensors(path, checked, metadata)
}

/**
 * The numbers of one tensor of weights, as float32.
 *
 * @throws SafetensorsError for a tensor that is not there, holds whole numbers, NaN or infinity
 */
export const readWeights = async (file: SafetensorsFile, name: string): Promise<Float32Array> => {
  const values = await file.read(name)
  if (!(values instanceof Float32Array)) {
    throw new SafetensorsError(file.path, `${file.entries.get(name)!.dtype} are no weights`, name)
  }
  checkFinite(file.path, name, values)
  return values
}

/** @throws SafetensorsError naming the tensor of a file and the first number that is none */
export const checkFinite = (path: string, tensor: string, values: TensorData): void => {
  const at = values instanceof Float32Array ? firstNonFinite(values) : -1
  if (at >= 0)
    throw new SafetensorsError(path, `holds ${values[at]} at number ${at} of ${values.length}: no weights`, tensor)
}
