import { EngineError } from "../errors.ts"
import { checkFloat, checkShape, type Kernel, like } from "../onnx/Kernel.ts"
import { tf } from "../tf.ts"
import { runKernel } from "./fusedKernel.ts"
import { isFull, unseenBias } from "./scoreBias.ts"

interface FusedOptions {
  readonly heads: number
  readonly causal: boolean
  readonly mask: ArrayLike<number> | undefined
  readonly bias: tf.Tensor3D | undefined
  readonly window: number | undefined
  readonly scale: number
}

/** In one kernel, where no gradient will be asked for. */
export const fusedAttention = (
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  { bias, causal, heads, mask, scale, window }: FusedOptions
): tf.Tensor3D =>
  tf.tidy(() => {
    const [batch, tokens] = q.shape
    const seen = mask && !isFull(mask) ? { mask: tf.tensor2d(Int32Array.from(mask), [batch, tokens], "int32") } : {}
    const far = window === undefined ? undefined : unseenBias(tokens, false, window)
    const limit = far && tf.tensor4d(far, [1, 1, tokens, tokens])
    const own = bias && tf.reshape(bias, [-1, heads, tokens, tokens])
    const sum = own && limit ? tf.add(own, limit) : (own ?? limit)
    const added = sum ? { bias: sum } : {}
    return runKernel<tf.Tensor3D>("FusedAttention", { q, k, v, ...seen, ...added }, { heads, causal, scale })
  })

interface Attention {
  readonly heads: number
  readonly causal: boolean
  readonly scale: number
}

/**
 * Multi-head attention `[batch, tokens, hidden]` with a key mask `[batch, tokens]` and a bias on the scores
 * `[1 or batch, 1 or heads, tokens, tokens]`: no gradient, since the weights are not given.
 */
export const attentionKernel: Kernel<Attention> = {
  name: "FusedAttention",
  inputs: ["q", "k", "v", "mask?", "bias?"],
  infer([q, k, v, ...rest], { heads }) {
    checkFloat("FusedAttention", [q!, k!, v!])
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
