import { differentiable } from "../autodiff/differentiable.ts"
import { isRecording } from "../autodiff/tape.ts"
import { EngineError } from "../errors.ts"
import { checkFloat, checkShape, type Kernel, type Operand } from "../onnx/Kernel.ts"
import { tf } from "../tf.ts"
import { hasKernel, runKernel } from "./fusedKernel.ts"

/**
 * `y = x W + b`, one fused product.
 *
 * @param x [..., in]
 * @param kernel [in, out]: the transpose of a PyTorch `Linear.weight`.
 * @param bias [out]
 * @returns [..., out]
 */
export function linear<T extends tf.Tensor>(x: T, kernel: tf.Tensor, bias?: tf.Tensor): T {
  const [inputs, outputs] = kernel.shape as [number, number]
  const { shape } = x
  if (kernel.rank !== 2 || x.shape.at(-1) !== inputs || (bias && (bias.rank !== 1 || bias.size !== outputs))) {
    const b = bias ? `, bias [${bias.shape}]` : ""
    throw new EngineError(`linear: x [${x.shape}], kernel [${kernel.shape}]${b}; needs [..., in], [in, out], [out]`)
  }
  // Only x and W are saved: tfjs's own fused product keeps its output as well.
  return differentiable<T, string>({ x, kernel, ...(bias && { bias }) }, (save) => {
    const y = product(rows(x, inputs), kernel as tf.Tensor2D, bias as tf.Tensor1D | undefined) // [rows, out]
    // A kernel that stays as it is asks for no gradient, the only thing that x is kept for.
    const fixed = kernel instanceof tf.Variable && !kernel.trainable
    save(kernel, ...(fixed ? [] : [x]))
    return {
      value: tf.reshape(y, [...x.shape.slice(0, -1), outputs]) as T,
      gradient: (dy, [kernel, x]) => ({
        x: () => tf.reshape(tf.matMul(rows(dy, outputs), kernel as tf.Tensor2D, false, true), shape),
        kernel: () => tf.matMul(rows(x!, inputs), rows(dy, outputs), true, false),
        bias: () => tf.sum(rows(dy, outputs), 0)
      })
    }
  })
}

/** From this many rows on the products of a pass are long enough to lay the weights out anew for each. */
const manyRows = 512

/** A backend that keeps weights a second time for `PackedLinear`. */
interface PackingBackend {
  unpack?(dataId: tf.DataId): void
}

/**
 * Weights laid out once for all passes, where a pass is short and no training is going on that would write them; where one begins, the
 * gradients need the memory.
 */
const product = (x: tf.Tensor2D, kernel: tf.Tensor2D, bias: tf.Tensor1D | undefined): tf.Tensor => {
  if (bias && kernel instanceof tf.Variable && hasKernel("PackedLinear")) {
    if (isRecording()) {
      if (kernel.trainable) (tf.backend() as PackingBackend).unpack?.(kernel.dataId)
    } else if (x.shape[0] < manyRows) return runKernel("PackedLinear", { x, kernel, bias })
  }
  return tf.fused.matMul({ a: x, b: kernel, ...(bias && { bias }) })
}

const rows = (x: tf.Tensor, width: number): tf.Tensor2D => tf.reshape(x, [x.size / width, width])

/** `x kernel + bias`, x `[rows, in]`, for weights that are read many times and not written. */
export const packedLinearKernel: Kernel = {
  name: "PackedLinear",
  inputs: ["x", "kernel", "bias"],
  weights: 1,
  infer(operands) {
    checkFloat("PackedLinear", operands)
    const [x, kernel, bias] = operands as [Operand, Operand, Operand]
    const [inputs, outputs] = kernel.shape as [number, number]
    checkShape("x", x, [x.shape[0]!, inputs])
    checkShape("bias", bias, [outputs])
    return [{ shape: [x.shape[0]!, outputs], dtype: "float32" }]
  },
  emit: (graph, values) => [graph.op("Gemm", values)]
}
