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
      const values = (await tensor.data()) as Float32Array
      if (dtype === "F16") checkRange("saveEncoder", name, values)
      return values
    } finally {
      tensor.dispose()
    }
  }
})

/** @throws OptionError for a number that F16 cannot hold */
export const checkRange = (component: string, name: string, values: Float32Array): void => {
  for (const value of values) {
    if (Math.abs(value) > largestHalf && Number.isFinite(value)) {
      const reason = `${name} holds ${value}, F16 ends at ${largestHalf}`
      throw new OptionError({ component, option: "dtype", reason, remedy: "keep 32 bits" })
    }
  }
}
