import { OptionError } from "@nuner/core"
import { scaleOf, type TensorSource, tf } from "@nuner/engine"
import { once, quantiseRows } from "./int8Rows.ts"

/**
 * How weights are written. I8: matrices as whole numbers with a scale a row (an output of a linear layer, an entry of a table), a quarter of F32's
 * size; vectors as F32. Read here only: Python's transformers refuses a `quantization_config` without `quant_method`, where it would pass over one that
 * it doesn't know and take the whole numbers for weights.
 */
export type WeightDtype = "F32" | "F16" | "I8"

/** The fields of config.json that say how weights are written. */
export const dtypeFields = (dtype: WeightDtype): Record<string, unknown> => ({
  torch_dtype: dtype === "F16" ? "float16" : "float32",
  ...(dtype === "I8" && { quantization_config: { format: INT8_ROWS } })
})

/** What config.json calls matrices in I8 with a scale a row. */
export const INT8_ROWS = "nuner-int8-rows"

/** The largest number that F16 holds. */
const largestHalf = 65_504

/** A parameter as the tensors of a file: one, or two where it is I8. A linear kernel `[in, out]` goes out as PyTorch's `[out, in]`. */
export const tensorSources = (
  name: string,
  parameter: tf.Tensor,
  transposed: boolean,
  dtype: WeightDtype
): ReadonlyArray<TensorSource> => {
  const shape = transposed ? parameter.shape.toReversed() : parameter.shape
  const data = async () => {
    const tensor = transposed ? tf.transpose(parameter) : tf.clone(parameter)
    try {
      return checkRange("saveEncoder", name, (await tensor.data()) as Float32Array, dtype)
    } finally {
      tensor.dispose()
    }
  }
  if (dtype !== "I8") return [{ name, dtype, shape, data }]
  const [rows, width] = shape
  if (shape.length !== 2 || rows === undefined || width === undefined) return [{ name, dtype: "F32", shape, data }]
  const pair = once(async () => quantiseRows(await data(), rows, width, 127))
  return [
    { name, dtype: "I8", shape, data: async () => (await pair()).integers },
    { name: scaleOf(name), dtype: "F32", shape: [rows, 1], data: async () => (await pair()).scales }
  ]
}

/** The weights, if the dtype can hold them. @throws OptionError */
export const checkRange = (component: string, name: string, values: Float32Array, dtype: WeightDtype): Float32Array => {
  const large =
    dtype === "F16" ? values.find((value) => Math.abs(value) > largestHalf && Number.isFinite(value)) : undefined
  if (large !== undefined) {
    const reason = `${name} holds ${large}, F16 ends at ${largestHalf}`
    throw new OptionError({ component, option: "dtype", reason, remedy: "keep 32 bits" })
  }
  return values
}
