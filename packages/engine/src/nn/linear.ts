import { differentiable, isRecording } from "../autodiff/tape.ts"
import { EngineError } from "../errors.ts"
import type { Value } from "../graph/OnnxGraph.ts"
import {
  checkFloat,
  checkShape,
  hasKernel,
  hasProducts,
  type Kernel,
  like,
  type Operand,
  type Result,
  runKernel,
  sizeOf
} from "../onnx/Kernel.ts"
import { tf } from "../tf.ts"

/**
 * `y = x W + b`, one fused product.
 *
 * @param x [..., in]
 * @param kernel [in, out]: the transpose of a PyTorch `Linear.weight`.
 * @param bias [out]
 * @returns [..., out]
 */
export const linear = <T extends tf.Tensor>(x: T, kernel: tf.Tensor, bias?: tf.Tensor): T => {
  const [inputs, outputs] = kernel.shape as [number, number]
  if (kernel.rank !== 2 || x.shape.at(-1) !== inputs || (bias && (bias.rank !== 1 || bias.size !== outputs))) {
    const b = bias ? `, bias [${bias.shape}]` : ""
    throw new EngineError(`linear: x [${x.shape}], kernel [${kernel.shape}]${b}; needs [..., in], [in, out], [out]`)
  }
  // Only x and W are saved: tfjs's own fused product keeps its output as well.
  return differentiable<T, string>({ x, kernel, ...(bias && { bias }) }, (save) => {
    const value = product(x, kernel as tf.Tensor2D, bias as tf.Tensor1D | undefined) as T
    // A kernel that stays as it is asks for no gradient, the only thing that x is kept for.
    const fixed = kernel instanceof tf.Variable && !kernel.trainable
    save(kernel, ...(fixed ? [] : [x]))
    return {
      value,
      gradient: (dy, [kernel, x], reaches) => {
        const back = () => multiply(dy, kernel as tf.Tensor2D, undefined, true)
        if (x === undefined || !isFused()) return { x: back, ...weightGradients(x, dy) }
        const before = reaches("x") && { kernel: kernel! }
        const [dKernel, dBias, dx] = runKernel<Array<tf.Tensor>>("FusedLinearGrad", { x, dy, ...before })
        return { x: () => dx!, kernel: () => dKernel!, bias: () => dBias! }
      }
    }
  })
}

/** Those of kernel and bias by tfjs's own products; x is missing where the kernel asks for none. */
const weightGradients = (x: tf.Tensor | undefined, dy: tf.Tensor): Record<"kernel" | "bias", () => tf.Tensor> => {
  const dyRows = rows(dy, dy.shape.at(-1)!)
  return {
    kernel: () => tf.matMul(rows(x!, x!.shape.at(-1)!), dyRows, true, false),
    bias: () => tf.sum(dyRows, 0)
  }
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
const product = (x: tf.Tensor, kernel: tf.Tensor2D, bias: tf.Tensor1D | undefined): tf.Tensor => {
  const [inputs, outputs] = kernel.shape
  if (bias && kernel instanceof tf.Variable && hasKernel("PackedLinear")) {
    if (isRecording()) {
      if (kernel.trainable) (tf.backend() as PackingBackend).unpack?.(kernel.dataId)
    } else if (x.size / inputs < manyRows) {
      const y = runKernel<tf.Tensor>("PackedLinear", { x: rows(x, inputs), kernel, bias })
      return tf.reshape(y, [...x.shape.slice(0, -1), outputs])
    }
  }
  return multiply(x, kernel, bias, false)
}

/** `x kernel + bias` for x `[..., in]`, the kernel transposed first where it is `[out, in]`. */
const multiply = (x: tf.Tensor, kernel: tf.Tensor2D, bias: tf.Tensor1D | undefined, transposed: boolean): tf.Tensor => {
  const addend = bias && { bias }
  if (isFused()) return runKernel("FusedLinear", { x, kernel, ...addend }, { transposed })
  const [inputs, outputs] = transposed ? kernel.shape.toReversed() : kernel.shape
  const y = tf.fused.matMul({ a: rows(x, inputs!), b: kernel, transposeB: transposed, ...addend })
  return tf.reshape(y, [...x.shape.slice(0, -1), outputs!])
}

/** Whether products are kernels of ours, which see rows in tensors of any rank and save JavaScript's work around them. */
const isFused = (): boolean => hasProducts("FusedLinear")

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

const rowsOf = ({ shape }: Operand): Array<number> => [sizeOf(shape) / shape.at(-1)!, shape.at(-1)!]

/** `x kernel + bias`, x `[..., in]`, kernel `[in, out]`; `transposed`: `[out, in]`. */
export const linearKernel: Kernel<{ readonly transposed: boolean }> = {
  name: "FusedLinear",
  inputs: ["x", "kernel", "bias?"],
  infer(operands, { transposed }) {
    checkFloat("FusedLinear", operands)
    const [x, kernel, bias] = operands as [Operand, Operand, Operand?]
    const [inputs, outputs] = (transposed ? kernel.shape.toReversed() : kernel.shape) as [number, number]
    checkShape("x", x, [...x.shape.slice(0, -1), inputs])
    if (bias) checkShape("bias", bias, [outputs])
    return [{ shape: [...x.shape.slice(0, -1), outputs], dtype: "float32" }]
  },
  view([x, ...others], { transposed }) {
    const [rows] = rowsOf(x!)
    return [rowsOf(x!), ...others.map(({ shape }) => shape), [rows!, others[0]!.shape[transposed ? 0 : 1]!]]
  },
  emit(graph, values, _operands, { transposed }) {
    const [x, kernel, bias] = values as [Value, Value, Value?]
    const y = graph.op("com.microsoft.FusedMatMul", [x, kernel], { transB: transposed ? 1 : 0 })
    // `Gemm` fills the result with biases first, and then reads it to add to it.
    return [bias ? graph.op("Add", [y, bias]) : y]
  }
}

/** Gradients of kernel `[in, out]` and bias `[out]` from x `[..., in]` and dy `[..., out]`; given the kernel, that of x as well. */
export const linearGradKernel: Kernel = {
  name: "FusedLinearGrad",
  inputs: ["x", "dy", "kernel?"],
  infer(operands) {
    checkFloat("FusedLinearGrad", operands)
    const [x, dy, kernel] = operands as [Operand, Operand, Operand?]
    checkShape("dy", dy, [...x.shape.slice(0, -1), dy.shape.at(-1)!])
    const [inputs, outputs] = [x.shape.at(-1)!, dy.shape.at(-1)!]
    if (kernel) checkShape("kernel", kernel, [inputs, outputs])
    const weights: ReadonlyArray<Result> = [
      { shape: [inputs, outputs], dtype: "float32" },
      { shape: [outputs], dtype: "float32" }
    ]
    return kernel ? [...weights, like(x)] : weights
  },
  view([x, dy, kernel]) {
    const weights = [x!.shape.at(-1)!, dy!.shape.at(-1)!]
    const [before, after] = [rowsOf(x!), rowsOf(dy!)]
    return kernel
      ? [before, after, weights, weights, weights.slice(1), before]
      : [before, after, weights, weights.slice(1)]
  },
  emit(graph, [x, dy, kernel]) {
    const weights = [
      graph.op("com.microsoft.FusedMatMul", [x!, dy!], { transA: 1, transB: 0 }),
      graph.op("ReduceSum", [dy!, graph.int64s([0])], { keepdims: 0 })
    ]
    return kernel ? [...weights, graph.op("com.microsoft.FusedMatMul", [dy!, kernel], { transB: 1 })] : weights
  }
}
