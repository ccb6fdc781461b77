import { EngineError } from "../../errors.ts"
import { every, type Kernel, type Operand, type Result } from "../Kernel.ts"

// Kernels that tfjs does not know. The building blocks call them by name where the engine has them and compute the same from
// tfjs's own kernels where it has not; there is no tfjs-cpu kernel to fall back to, so operands that do not fit are errors.

function check(name: string, operands: readonly Operand[]): void {
  if (!every(operands, "float32")) {
    throw new EngineError(`${name} takes float32 tensors, not ${operands.map(({ dtype }) => dtype).join(", ")}`)
  }
}

function checkShape(what: string, { shape }: Operand, expected: readonly number[]): void {
  if (shape.join() !== expected.join()) throw new EngineError(`${what} has shape [${shape}], not [${expected}]`)
}

const like = ({ shape }: Operand): Result => ({ shape: [...shape], dtype: "float32" })

/** `x * cdf(x)` of the standard normal distribution, exact (erf). */
const gelu: Kernel = {
  name: "FusedGelu",
  inputs: ["x"],
  infer(operands) {
    check("FusedGelu", operands)
    return [like(operands[0]!)]
  },
  emit: (graph, values) => [graph.op("Gelu", values)]
}

/** Normalises the last axis: `[..., hidden]` -> y, and mean and 1 / deviation `[..., 1]` for the gradient. */
const layerNorm: Kernel<{ readonly eps: number }> = {
  name: "FusedLayerNorm",
  inputs: ["x", "gamma", "beta"],
  infer(operands) {
    check("FusedLayerNorm", operands)
    const [x, gamma, beta] = operands as [Operand, Operand, Operand]
    checkShape("gamma", gamma, x.shape.slice(-1))
    checkShape("beta", beta, x.shape.slice(-1))
    const rows: Result = { shape: [...x.shape.slice(0, -1), 1], dtype: "float32" }
    return [like(x), rows, rows]
  },
  emit: (graph, values, _operands, { eps }) =>
    graph.ops("LayerNormalization", values, 3, { axis: -1, epsilon: { float: eps } })
}

/** The sum of all squares, a scalar; row by row first, since a single sum of millions of floats keeps three digits. */
const sumOfSquares: Kernel = {
  name: "FusedSumOfSquares",
  inputs: ["x"],
  infer(operands) {
    check("FusedSumOfSquares", operands)
    return [{ shape: [], dtype: "float32" }]
  },
  emit(graph, [x], operands) {
    const rank = operands[0]!.shape.length
    if (rank === 0) return [graph.op("Mul", [x!, x!])]
    const rows = graph.op("ReduceSumSquare", [x!, graph.int64s([rank - 1])], { keepdims: 0 })
    return [rank === 1 ? rows : graph.op("ReduceSum", [rows], { keepdims: 0 })]
  }
}

interface Attention {
  readonly heads: number
  readonly causal: boolean
  readonly scale: number
}

/**
 * Multi-head attention `[batch, tokens, hidden]` with a key mask `[batch, tokens]` and a bias on the scores
 * `[1 or batch, 1 or heads, tokens, tokens]`: no gradient, since the weights are not given.
 */
const attention: Kernel<Attention> = {
  name: "FusedAttention",
  inputs: ["q", "k", "v", "mask?", "bias?"],
  infer([q, k, v, ...rest], { heads }) {
    check("FusedAttention", [q!, k!, v!])
    checkShape("k", k!, q!.shape)
    checkShape("v", v!, q!.shape)
    const [batch, tokens] = q!.shape as [number, number]
    for (const addend of rest) {
      const { dtype, shape } = addend
      if (dtype === "int32") checkShape("mask", addend, [batch, tokens])
      else if (dtype !== "float32") throw new EngineError(`FusedAttention takes an int32 mask, not ${dtype}`)
      else checkShape("bias", addend, [shape[0] === 1 ? 1 : batch, shape[1] === 1 ? 1 : heads, tokens, tokens])
    }
    return [like(q!)]
  },
  emit(graph, [q, k, v, ...rest], [, , , ...addends], { causal, heads, scale }) {
    const attributes = {
      num_heads: heads,
      scale: { float: scale },
      mask_filter_value: { float: -1e9 },
      unidirectional: causal ? 1 : 0
    }
    const [mask = "", bias] = ["int32", "float32"].map((type) => rest[addends.findIndex(({ dtype }) => dtype === type)])
    const optional = bias ? ["", mask, bias] : mask ? ["", mask] : []
    return [graph.op("com.microsoft.MultiHeadAttention", [q!, k!, v!, ...optional], attributes)]
  }
}

/** `x kernel + bias`, x `[rows, in]`, for weights that are read many times and not written. */
const packedLinear: Kernel = {
  name: "PackedLinear",
  inputs: ["x", "kernel", "bias"],
  weights: 1,
  infer(operands) {
    check("PackedLinear", operands)
    const [x, kernel, bias] = operands as [Operand, Operand, Operand]
    const [inputs, outputs] = kernel.shape as [number, number]
    checkShape("x", x, [x.shape[0]!, inputs])
    checkShape("bias", bias, [outputs])
    return [{ shape: [x.shape[0]!, outputs], dtype: "float32" }]
  },
  emit: (graph, values) => [graph.op("Gemm", values)]
}

export const fusedKernels: readonly Kernel[] = [gelu, layerNorm, sumOfSquares, attention, packedLinear]
