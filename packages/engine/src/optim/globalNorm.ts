import type { Gradients } from "../nn/Parameters.ts"
import { checkFloat, hasKernel, type Kernel, runKernel } from "../onnx/Kernel.ts"
import { tf } from "../tf.ts"

/** The 2-norm of all gradients taken as one vector. Memory beside them is at most the squares of one. */
export const globalNorm = async (gradients: Gradients): Promise<number> => {
  const all = Object.values(gradients)
  if (all.length === 0) return 0
  const sums = all.map(sumOfSquares)
  const squares = tf.stack(sums)
  tf.dispose(sums)
  const values = await squares.data()
  squares.dispose()
  return Math.sqrt(Array.from(values).reduce((sum, square) => sum + square, 0))
}

/**
 * What gradients of that global norm are multiplied by where it exceeds `maxNorm` (Pascanu et al. 2013), as PyTorch's `clip_grad_norm_`; 1 where it
 * does not. An optimizer takes it as `scale`, so that clipping is no pass over the gradients.
 */
export const clipFactor = (norm: number, maxNorm: number): number => Math.min(1, maxNorm / (norm + 1e-6))

const sumOfSquares = (x: tf.Tensor): tf.Tensor =>
  hasKernel("FusedSumOfSquares")
    ? runKernel("FusedSumOfSquares", { x })
    : tf.tidy(() => tf.sum(tf.sum(tf.square(x), -1)))

/** The sum of all squares, a scalar; row by row first, since a single sum of millions of floats keeps three digits. */
export const sumOfSquaresKernel: Kernel = {
  name: "FusedSumOfSquares",
  inputs: ["x"],
  infer(operands) {
    checkFloat("FusedSumOfSquares", operands)
    return [{ shape: [], dtype: "float32" }]
  },
  emit(graph, [x], operands) {
    const rank = operands[0]!.shape.length
    if (rank === 0) return [graph.op("Mul", [x!, x!])]
    const rows = graph.op("ReduceSumSquare", [x!, graph.int64s([rank - 1])], { keepdims: 0 })
    return [rank === 1 ? rows : graph.op("ReduceSum", [rows], { keepdims: 0 })]
  }
}
