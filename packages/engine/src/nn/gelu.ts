import { differentiable } from "../autodiff/tape.ts"
import { checkFloat, checkShape, filled, type HostKernel, type Kernel, like, sizeOf } from "../onnx/Kernel.ts"
import { tf } from "../tf.ts"
import { hasKernel, runKernel } from "./fusedKernel.ts"

/** `gelu(x) = x Phi(x)`, the exact form with erf (Hendrycks & Gimpel 2016). Any shape. */
export const gelu = <T extends tf.Tensor>(x: T): T =>
  differentiable<T, "x">({ x }, (save) => {
    save(x)
    return {
      value: hasKernel("FusedGelu") ? runKernel<T>("FusedGelu", { x }) : tf.mul(x, normalCdf(x)),
      gradient: (dy, [x]) => ({
        x: () => (hasKernel("FusedGeluGrad") ? runKernel("FusedGeluGrad", { dy, x: x! }) : geluGradient(dy, x!))
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

/** `dy * (cdf(x) + x * pdf(x))` */
export const geluGradKernel: HostKernel<"dy" | "x"> = {
  name: "FusedGeluGrad",
  run(backend, { dy, x }) {
    checkFloat("FusedGeluGrad", [dy, x])
    checkShape("dy", dy, x.shape)
    const operands = [dy, x].map((tensor) => backend.address(tensor))
    return filled(backend, [...x.shape], (address) => ({
      kernel: "geluGrad",
      units: sizeOf(x.shape),
      addresses: [...operands, address]
    }))
  }
}
