import { OptionError } from "@nuner/core"
import { type TensorSource, tf } from "@nuner/engine"

/** How weights are written. */
export type WeightDtype = "F32" | "F16"

/** The largest number that F16 holds. */
const largestHalf = 65_504

/** A parameter as a tensor of a file; a linear kernel `[in, out]` goes out as PyTorch's `[out, in]`. */
export const tensorSource = (
  name: string,
  parameter: tf.Tensor,
  transposed: boolean,
  dtype: WeightDtype
): TensorSource => ({
  name,
  dtype,
  shape: transposed ? parameter.shape.toReversed() : parameter.shape,
  data: async () => {
    const tensor = transposed ? tf.transpose(parameter) : tf.clone(parameter)
    try {
      return checkRange("saveEncoder", name, (await tensor.data()) as Float32Array, dtype)
    } finally {
      tensor.dispose()
    }
  }
})

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
