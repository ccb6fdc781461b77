import { SafetensorsError } from "../errors.ts"
import type { TensorData } from "./dtypes.ts"
import type { SafetensorsFile } from "./SafetensorsFile.ts"
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

/** Where the scales of the rows of an I8 tensor stand: `[rows, 1]`, the name that compressed-tensors gives them. */
export const scaleOf = (name: string): string => `${name}_scale`

/**
 * The numbers of one tensor of weights, as float32; those of an I8 tensor `[rows, width]` are its integers times the scale of their row.
 *
 * @throws SafetensorsError for a tensor that is not there, holds whole numbers without scales, NaN or infinity
 */
export const readWeights = async (file: SafetensorsFile, name: string): Promise<Float32Array> => {
  const values = await file.read(name)
  if (values instanceof Int8Array && file.entries.has(scaleOf(name))) {
    const scales = await readWeights(file, scaleOf(name))
    if (scales.length !== file.entries.get(name)!.shape[0]) {
      throw new SafetensorsError(
        file.path,
        `holds ${scales.length} scales for [${file.entries.get(name)!.shape}]`,
        name
      )
    }
    return scaledRows(values, scales)
  }
  if (!(values instanceof Float32Array)) {
    throw new SafetensorsError(file.path, `${file.entries.get(name)!.dtype} are no weights`, name)
  }
  checkFinite(file.path, name, values)
  return values
}

const scaledRows = (integers: Int8Array, scales: Float32Array): Float32Array => {
  const width = integers.length / scales.length
  const values = new Float32Array(integers.length)
  for (const [row, scale] of scales.entries()) {
    for (let i = row * width; i < (row + 1) * width; i++) values[i] = integers[i]! * scale
  }
  return values
}

/** @throws SafetensorsError naming the tensor of a file and the first number that is none */
export const checkFinite = (path: string, tensor: string, values: TensorData): void => {
  const at = values instanceof Float32Array ? firstNonFinite(values) : -1
  if (at >= 0)
    throw new SafetensorsError(path, `holds ${values[at]} at number ${at} of ${values.length}: no weights`, tensor)
}

/** Where a list first holds NaN or an infinity; -1 where all are numbers. */
export const firstNonFinite = (values: Float32Array): number => {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length)
  // All bits of the exponent are set.
  for (let i = 0; i < bits.length; i++) if ((bits[i]! & 0x7f80_0000) === 0x7f80_0000) return i
  return -1
}
