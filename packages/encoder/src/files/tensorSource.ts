import { InputError, OptionError } from "@nuner/core"
import { firstNonFinite, type TensorSource, tf } from "@nuner/engine"

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
      return checkWeights("saveEncoder", name, (await tensor.data()) as Float32Array, dtype)
    } finally {
      tensor.dispose()
    }
  }
})

/**
 * Weights as they may be written: all of them numbers, and such as the dtype can hold.
 *
 * @throws InputError, OptionError
 */
export const checkWeights = (
  component: string,
  name: string,
  values: Float32Array,
  dtype: WeightDtype
): Float32Array => {
  const stray = firstNonFinite(values)
  if (stray >= 0) {
    const reason = `holds ${values[stray]} at number ${stray}: such weights are not written`
    throw new InputError({ source: component, field: name, reason, remedy: "go back to a checkpoint" })
  }
  const large = dtype === "F16" ? values.find((value) => Math.abs(value) > largestHalf) : undefined
  if (large !== undefined) {
    const reason = `${name} holds ${large}, F16 ends at ${largestHalf}`
    throw new OptionError({ component, option: "dtype", reason, remedy: "keep 32 bits" })
  }
  return values
}
