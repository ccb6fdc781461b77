import { differentiable } from "../autodiff/tape.ts"
import { checkFloat, checkShape, filled, type HostKernel, sizeOf } from "../onnx/Kernel.ts"
import { tf } from "../tf.ts"
import { hasKernel, runKernel } from "./fusedKernel.ts"

/** Softmax over the last axis; keeps only its output. Any shape. */
export const softmax = <T extends tf.Tensor>(x: T): T =>
  differentiable<T, "x">({ x }, (save) => {
    const value = tf.softmax(x)
    save(value)
    return { value, gradient: (dy, [y]) => ({ x: () => softmaxGradient(dy, y!) }) }
  })

/** `y (dy - sum(dy y))` over the last axis. */
export const softmaxGradient = (dy: tf.Tensor, y: tf.Tensor): tf.Tensor => {
  if (hasKernel("FusedSoftmaxGrad")) return runKernel("FusedSoftmaxGrad", { dy, y })
  return tf.mul(y, tf.sub(dy, tf.sum(tf.mul(dy, y), -1, true)))
}

/** `y * (dy - sum(dy * y))` over the last axis, y being the softmax. */
export const softmaxGradKernel: HostKernel<"dy" | "y"> = {
  name: "FusedSoftmaxGrad",
  run(backend, { dy, y }) {
    checkFloat("FusedSoftmaxGrad", [dy, y])
    checkShape("dy", dy, y.shape)
    const width = y.shape.at(-1)!
    const operands = [dy, y].map((tensor) => backend.address(tensor))
    return filled(backend, [...y.shape], (address) => ({
      kernel: "softmaxGrad",
      units: sizeOf(y.shape) / width,
      width,
      addresses: [...operands, address],
      numbers: [width]
    }))
  }
}
