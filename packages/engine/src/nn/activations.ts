import { differentiable } from "../autodiff/tape.ts"
import {
  checkFloat,
  checkShape,
  filled,
  type HostKernel,
  hasKernel,
  type Kernel,
  like,
  runKernel,
  sizeOf
} from "../onnx/Kernel.ts"
import { tf } from "../tf.ts"

/** `gelu(x) = x Phi(x)`, the exact form with erf (Hendrycks & Gimpel 2016). Any shape. */
export const gelu = <T extends tf.Tensor>(x: T): T =>
  differentiable<T, "x">({ x }, (save) => {
    const value = hasKernel("FusedGelu") ? runKernel<T>("FusedGelu", { x }) : tf.mul(x, normalCdf(x))
    // A product that follows keeps the value as well.
    if (hasKernel("FusedGeluGrad")) save(x, value)
    else save(x)
    return {
      value: value as T,
      gradient: (dy, [x, y]) => ({
        x: () => (y ? runKernel("FusedGeluGrad", { dy, x: x!, y }) : geluGradient(dy, x!))
      })
    }
  })

/** `dy (Phi(x) + x phi(x))` */
const geluGradient = (dy: tf.Tensor, x: tf.Tensor): tf.Tensor => {
  const slope = tf.tidy(() => tf.add(normalCdf(x), tf.mul(x, normalPdf(x))))
  return tf.mul(dy, slope)
}

const normalCdf = <T extends tf.Tensor>(x: T): T =>
  tf.tidy(() => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5))

const normalPdf = <T extends tf.Tensor>(x: T): T =>
  tf.tidy(() => tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI)))

/** `x * cdf(x)` of the standard normal distribution, exact (erf). */
export const geluKernel: Kernel = {
  name: "FusedGelu",
  inputs: ["x"],
  infer(operands) {
    checkFloat("FusedGelu", operands)
    return [like(operands[0]!)]
  },
  emit: (graph, values) => [graph.op("Gelu", values)]
}

/** `dy * (cdf(x) + x * pdf(x))`, given `y = x * cdf(x)` as well. */
export const geluGradKernel: HostKernel<"dy" | "x" | "y"> = {
  name: "FusedGeluGrad",
  run(backend, { dy, x, y }) {
    checkFloat("FusedGeluGrad", [dy, x, y])
    checkShape("dy", dy, x.shape)
    checkShape("y", y, x.shape)
    const operands = [dy, x, y].map((tensor) => backend.address(tensor))
    return filled(backend, [...x.shape], (address) => ({
      kernel: "geluGrad",
      units: sizeOf(x.shape),
      addresses: [...operands, address]
    }))
  }
}

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
