import { differentiable } from "../autodiff/tape.ts"
import { remembered } from "../caches.ts"
import { EngineError } from "../errors.ts"
import { checkFloat, checkShape, type Kernel, like, type Operand, type Result, runKernel } from "../onnx/Kernel.ts"
import { tf } from "../tf.ts"
import { softmaxGradient } from "./activations.ts"
import { type DropoutKey, dropped } from "./dropout.ts"

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

/** 0 for a key that a query may see, -1e9 for a later one or one beyond the window: [tokens, tokens]; undefined where all are seen. */
export const unseenBias = (tokens: number, causal = false, window = tokens): Float32Array | undefined => {
  if (!causal && window >= tokens - 1) return undefined
  return tokens > mostRemembered ? unseen(tokens, causal, window) : unseenAgain(tokens, causal, window)
}

/** Tokens of which what is unseen is kept, a MiB at most. */
const mostRemembered = 512

const unseen = (tokens: number, causal: boolean, window: number): Float32Array => {
  const bias = new Float32Array(tokens * tokens)
  for (let query = 0; query < tokens; query++) {
    const row = bias.subarray(query * tokens, (query + 1) * tokens)
    row.fill(-1e9, 0, Math.max(0, query - window))
    row.fill(-1e9, Math.min(tokens, query + 1 + (causal ? 0 : window)))
  }
  return bias
}

/** Every layer asks for the same; the stretches of a long text, too. */
const unseenAgain = remembered(unseen)

/** Whether nothing is padding. */
export const isFull = (mask: ArrayLike<number>): boolean => Array.prototype.every.call(mask, (entry) => entry !== 0)

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

interface KeptOptions {
  readonly heads: number
  readonly scale: number
  /** `[heads or batch * heads, tokens, tokens]`; gradients reach it. */
  readonly bias: tf.Tensor3D | undefined
  /** Added to the scores as well: `[batch * heads, 1, tokens]`, `[1, tokens, tokens]`. */
  readonly padding: tf.Tensor3D | undefined
  readonly unseen: tf.Tensor3D | undefined
  readonly dropout: { readonly rate: number; readonly key: DropoutKey } | undefined
}

/** Attention whose weights are few enough to be kept for the backward pass: two kernels each way, besides dropout and softmax's gradient. */
export const keptAttention = (
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  { bias, dropout, heads, padding, scale, unseen }: KeptOptions
): tf.Tensor3D =>
  differentiable<tf.Tensor3D, string>({ q, k, v, ...(bias && { bias }) }, (save) => {
    const drop = <T extends tf.Tensor>(x: T): T => (dropout?.rate ? dropped(x, dropout.rate, dropout.key) : x)
    const addends = { ...(bias && { bias }), ...(padding && { padding }), ...(unseen && { unseen }) }
    const [weights, ...split] = runKernel<Array<tf.Tensor>>("AttentionWeights", { q, k, ...addends }, { heads, scale })
    const [value, vh] = runKernel<Array<tf.Tensor>>("AttentionOutput", { weights: drop(weights!), v }, { heads })
    save(weights!, ...split, vh!)
    return {
      value: value as tf.Tensor3D,
      gradient: (dy, [weights, qh, kh, vh]) => {
        const behind = { dy, weights: drop(weights!), vh: vh! }
        const [dw, dv] = runKernel<Array<tf.Tensor>>("AttentionOutputGrad", behind, { heads })
        const ds = softmaxGradient(drop(dw!), weights!) as tf.Tensor3D
        const [dq, dk] = runKernel<Array<tf.Tensor>>("AttentionWeightsGrad", { ds, qh: qh!, kh: kh! }, { heads, scale })
        return { q: () => dq!, k: () => dk!, v: () => dv!, bias: () => biasGradient(ds, bias!.shape[0]) }
      }
    }
  })

/** The gradient of a bias from that of the scores beside it: `[chunk, tokens, tokens]` summed over the repeats. */
export const biasGradient = (scores: tf.Tensor3D, rows: number): tf.Tensor3D =>
  scores.shape[0] <= rows ? scores : tf.sum(tf.reshape(scores, [-1, rows, ...scores.shape.slice(1)]), 0)

interface Heads {
  readonly heads: number
}

interface ScaledHeads extends Heads {
  readonly scale: number
}

type Shape = ReadonlyArray<number>

const float = (...shape: Array<number>): Result => ({ shape, dtype: "float32" })

/** `[batch, tokens, heads * d]` as `[batch, tokens, heads, d]`. */
const whole = ([batch, tokens, hidden]: Shape, heads: number): Array<number> => [
  batch!,
  tokens!,
  heads,
  hidden! / heads
]

/** `[batch * heads, rows, columns]`, of one batch where there are fewer, as `[batch, heads, rows, columns]`. */
const apart = ([all, rows, columns]: Shape, heads: number): Array<number> =>
  all! < heads ? [1, all!, rows!, columns!] : [all! / heads, heads, rows!, columns!]

/** From `[batch, tokens, heads, d]` to `[batch, heads, tokens, d]`, and back. */
const swap = { perm: [0, 2, 1, 3] }

const product = (transA: number, transB: number, alpha = 1) => ({ transA, transB, alpha: { float: alpha } })

/** q and k `[batch, tokens, hidden]` and what is added to the scores -> weights `[batch * heads, tokens, tokens]`; q and k `[batch * heads, tokens, d]`. */
const weightsKernel: Kernel<ScaledHeads> = {
  name: "AttentionWeights",
  inputs: ["q", "k", "bias?", "padding?", "unseen?"],
  infer(operands, { heads }) {
    checkFloat("AttentionWeights", operands)
    const [q, k] = operands as [Operand, Operand]
    checkShape("k", k, q.shape)
    const [batch, tokens, hidden] = q.shape as [number, number, number]
    const split = [batch * heads, tokens, hidden / heads]
    return [float(batch * heads, tokens, tokens), float(...split), float(...split)]
  },
  view([q, k, ...addends], { heads }) {
    const [batch, tokens, , d] = whole(q!.shape, heads) as [number, number, number, number]
    const split = [batch, heads, tokens, d]
    const operands = [
      whole(q!.shape, heads),
      whole(k!.shape, heads),
      ...addends.map(({ shape }) => apart(shape, heads))
    ]
    return [...operands, [batch, heads, tokens, tokens], split, split]
  },
  emit(graph, [q, k, ...addends], _operands, { scale }) {
    const [qh, kh] = [graph.op("Transpose", [q!], swap), graph.op("Transpose", [k!], swap)]
    const scores = graph.op("com.microsoft.FusedMatMul", [qh, kh], product(0, 1, scale))
    const sum = addends.reduce((sum, addend) => graph.op("Add", [sum, addend]), scores)
    return [graph.op("Softmax", [sum], { axis: -1 }), qh, kh]
  }
}

/** Weights `[batch * heads, tokens, tokens]` and v `[batch, tokens, hidden]` -> `[batch, tokens, hidden]`; v `[batch * heads, tokens, d]`. */
const outputKernel: Kernel<Heads> = {
  name: "AttentionOutput",
  inputs: ["weights", "v"],
  infer(operands, { heads }) {
    checkFloat("AttentionOutput", operands)
    const [batch, tokens, hidden] = operands[1]!.shape as [number, number, number]
    checkShape("weights", operands[0]!, [batch * heads, tokens, tokens])
    return [float(batch, tokens, hidden), float(batch * heads, tokens, hidden / heads)]
  },
  view([weights, v], { heads }) {
    const [batch, tokens, , d] = whole(v!.shape, heads) as [number, number, number, number]
    return [apart(weights!.shape, heads), whole(v!.shape, heads), whole(v!.shape, heads), [batch, heads, tokens, d]]
  },
  emit(graph, [weights, v]) {
    const vh = graph.op("Transpose", [v!], swap)
    return [graph.op("Transpose", [graph.op("MatMul", [weights!, vh])], swap), vh]
  }
}

/** Gradients of weights `[batch * heads, tokens, tokens]` and v `[batch, tokens, hidden]`. */
const outputGradKernel: Kernel<Heads> = {
  name: "AttentionOutputGrad",
  inputs: ["dy", "weights", "vh"],
  infer(operands, { heads }) {
    checkFloat("AttentionOutputGrad", operands)
    const [dy, weights, vh] = operands as [Operand, Operand, Operand]
    const [batch, tokens, hidden] = dy.shape as [number, number, number]
    checkShape("weights", weights, [batch * heads, tokens, tokens])
    checkShape("vh", vh, [batch * heads, tokens, hidden / heads])
    return [float(...weights.shape), float(...dy.shape)]
  },
  view([dy, weights, vh], { heads }) {
    const [heading, scores] = [whole(dy!.shape, heads), apart(weights!.shape, heads)]
    return [heading, scores, apart(vh!.shape, heads), scores, heading]
  },
  emit(graph, [dy, weights, vh]) {
    const dyh = graph.op("Transpose", [dy!], swap)
    const dv = graph.op("com.microsoft.FusedMatMul", [weights!, dyh], product(1, 0))
    return [graph.op("com.microsoft.FusedMatMul", [dyh, vh!], product(0, 1)), graph.op("Transpose", [dv], swap)]
  }
}

/** Gradients of q and k `[batch, tokens, hidden]` from that of the scores `[batch * heads, tokens, tokens]`. */
const weightsGradKernel: Kernel<ScaledHeads> = {
  name: "AttentionWeightsGrad",
  inputs: ["ds", "qh", "kh"],
  infer(operands, { heads }) {
    checkFloat("AttentionWeightsGrad", operands)
    const [ds, qh, kh] = operands as [Operand, Operand, Operand]
    const [rows, tokens, d] = qh.shape as [number, number, number]
    checkShape("kh", kh, qh.shape)
    checkShape("ds", ds, [rows, tokens, tokens])
    return [float(rows / heads, tokens, heads * d), float(rows / heads, tokens, heads * d)]
  },
  view([ds, qh, kh], { heads }) {
    const split = apart(qh!.shape, heads)
    const [batch, , tokens, d] = split as [number, number, number, number]
    const together = [batch, tokens, heads, d]
    return [apart(ds!.shape, heads), split, apart(kh!.shape, heads), together, together]
  },
  emit(graph, [ds, qh, kh], _operands, { scale }) {
    const dq = graph.op("com.microsoft.FusedMatMul", [ds!, kh!], product(0, 0, scale))
    const dk = graph.op("com.microsoft.FusedMatMul", [ds!, qh!], product(1, 0, scale))
    return [graph.op("Transpose", [dq], swap), graph.op("Transpose", [dk], swap)]
  }
}

export const keptAttentionKernels = [weightsKernel, outputKernel, outputGradKernel, weightsGradKernel] as const
