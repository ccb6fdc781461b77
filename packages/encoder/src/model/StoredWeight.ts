import { tf } from "@nuner/engine"
import type { WeightNumbers } from "../export/onnx/Weights.ts"

/** A weight as it was read from a file. */
export interface StoredWeight extends WeightNumbers {
  /** `[in, out]` */
  readonly shape: ReadonlyArray<number>
  /** The numbers are those of `[out, in]`. */
  readonly transposed: boolean
  readonly values: Float32Array
}

export const toVariable = ({ shape, transposed, values }: StoredWeight): tf.Variable =>
  tf.tidy(() => {
    const stored = tf.tensor(values, transposed ? shape.toReversed() : [...shape], "float32")
    return tf.variable(transposed ? tf.transpose(stored) : stored)
  })
