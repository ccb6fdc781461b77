import { differentiable } from "../autodiff/tape.ts"
import { EngineError } from "../errors.ts"
import {
  checkFloat,
  checkShape,
  filled,
  type HostKernel,
  hasKernel,
  type Kernel,
  like,
  type Operand,
  type Result,
  runKernel,
  sizeOf
} from "../onnx/Kernel.ts"
import type { OnnxBackend } from "../onnx/OnnxBackend.ts"
import { tf } from "../tf.ts"

/**
 * `gamma (x - mean) / sqrt(variance + eps) + beta` over the last axis (Ba et al. 2016; biased variance).
 *
 * @param x [..., hidden]
 * @param gamma [hidden]
 * @param beta [hidden]; without it none is added
 */
export const layerNorm = <T extends tf.Tensor>(x: T, gamma: tf.Tensor, beta?: tf.Tensor, eps = 1e-5): T =>
  differentiable<T, string>({ x, gamma, ...(beta && { beta }) }, (save) => {
    const shift = beta ?? tf.zerosLike(gamma)
    const [y, mean, rstd] = hasKernel("FusedLayerNorm")
      ? runKernel<Array<tf.Tensor>>("FusedLayerNorm", { x, gamma, beta: shift }, { eps })
      : normalise(x, gamma, shift, eps)
    save(x, gamma, mean!, rstd!)
    return {
      value: y as T,
      gradient: (dy, saved) => {
        const [x, gamma, mean, rstd] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
        const [dx, dgamma, dbeta] = hasKernel("FusedLayerNormGrad")
          ? runKernel<Array<tf.Tensor>>("FusedLayerNormGrad", { dy, x, gamma, mean, rstd })
          : normaliseGradient(dy, x, gamma, mean, rstd)
        return { x: () => dx!, gamma: () => dgamma!, beta: () => dbeta! }
      }
    }
  })

/** [y [..., hidden], mean [..., 1], 1 / standard deviation [..., 1]] */
const normalise = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, eps: number): Array<tf.Tensor> => {
  const mean = tf.mean(x, -1, true)
  const centred = tf.sub(x, mean)
  const rstd = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), eps))
  return [tf.add(tf.mul(tf.mul(centred, rstd), gamma), beta), mean, rstd]
}

const normaliseGradient = (
  dy: tf.Tensor,
  x: tf.Tensor,
  gamma: tf.Tensor,
  mean: tf.Tensor,
  rstd: tf.Tensor
): Array<tf.Tensor> => {
  const xhat = tf.mul(tf.sub(x, mean), rstd) // [..., hidden]
  const d = tf.mul(dy, gamma)
  const alongMean = tf.mean(d, -1, true)
  const alongScale = tf.mul(xhat, tf.mean(tf.mul(d, xhat), -1, true))
  const rows = x.shape.slice(0, -1).map((_, axis) => axis)
  return [tf.mul(tf.sub(tf.sub(d, alongMean), alongScale), rstd), tf.sum(tf.mul(dy, xhat), rows), tf.sum(dy, rows)]
}

/** Normalises the last axis: `[..., hidden]` -> y, and mean and 1 / deviation `[..., 1]` for the gradient. */
export const layerNormKernel: Kernel<{ readonly eps: number }> = {
  name: "FusedLayerNorm",
  inputs: ["x", "gamma", "beta"],
  infer(operands) {
    checkFloat("FusedLayerNorm", operands)
    const [x, gamma, beta] = operands as [Operand, Operand, Operand]
    checkShape("gamma", gamma, x.shape.slice(-1))
    checkShape("beta", beta, x.shape.slice(-1))
    const rows: Result = { shape: [...x.shape.slice(0, -1), 1], dtype: "float32" }
    return [like(x), rows, rows]
  },
  emit: (graph, values, _operands, { eps }) =>
    graph.ops("LayerNormalization", values, 3, { axis: -1, epsilon: { float: eps } })
}

/** Gradients of x `[..., hidden]`, gamma and beta `[hidden]`. */
export const layerNormGradKernel: HostKernel<"dy" | "x" | "gamma" | "mean" | "rstd"> = {
  name: "FusedLayerNormGrad",
  run(backend, { dy, x, gamma, mean, rstd }) {
    const width = x.shape.at(-1)!
    const rows = [...x.shape.slice(0, -1), 1]
    checkFloat("FusedLayerNormGrad", [dy, x, gamma, mean, rstd])
    checkShape("dy", dy, x.shape)
    checkShape("gamma", gamma, [width])
    checkShape("mean", mean, rows)
    checkShape("rstd", rstd, rows)
    const operands = [dy, x, gamma, mean, rstd].map((tensor) => backend.address(tensor))
    let dx: tf.TensorInfo
    const sums = summed(backend, 2, width, (addresses) => {
      dx = filled(backend, [...x.shape], (address) => ({
        kernel: "layerNormGrad",
        units: sizeOf(x.shape) / width,
        width,
        addresses: [...operands, address, ...addresses],
        numbers: [width]
      }))
    })
    return [dx!, ...sums]
  }
}

/** Sums over all units that the threads make each for itself, `[width]` each, added up in the order of the threads. */
const summed = (
  backend: OnnxBackend,
  count: number,
  width: number,
  run: (addresses: Array<number>) => void
): Array<tf.TensorInfo> => {
  const { threads } = backend.vector
  const parts = Array.from({ length: count }, () => backend.pool.take(threads * width * 4))
  try {
    run(parts.map(({ address }) => address))
    return parts.map(({ array }) => {
      const result = backend.empty([width], "float32")
      const sums = backend.native(result).view() as Float32Array
      sums.set(new Float32Array(array, 0, width))
      for (let thread = 1; thread < threads; thread++) {
        const part = new Float32Array(array, thread * width * 4, width)
        for (let i = 0; i < width; i++) sums[i]! += part[i]!
      }
      return result
    })
  } finally {
    for (const part of parts) backend.pool.give(part)
  }
}

/** `x + y` of one shape. Keeps neither operand for the backward pass; `tf.add` keeps both. */
export const residual = <T extends tf.Tensor>(x: T, y: T): T => {
  if (!tf.util.arraysEqual(x.shape, y.shape)) {
    throw new EngineError(`residual: shapes [${x.shape}] and [${y.shape}] differ`)
  }
  return differentiable<T, "x" | "y">({ x, y }, () => ({
    value: tf.add(x, y),
    gradient: (dy) => ({ x: () => dy, y: () => dy })
  }))
}
