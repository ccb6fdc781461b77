import { remembered } from "../LruCache.ts"
import { tf } from "../tf.ts"

/** The rows of the bias that stand beside a part of the rows of the scores: as many, or all of it, to be repeated. */
export const biasPart = (
  bias: tf.Tensor3D,
  { start, size }: { readonly start: number; readonly size: number }
): tf.Tensor3D => (size >= bias.shape[0] ? bias : tf.slice(bias, [start % bias.shape[0], 0, 0], [size, -1, -1]))

/** `scores + bias`, the bias repeated along the rows. */
export const addBias = (scores: tf.Tensor3D, bias: tf.Tensor3D): tf.Tensor3D => {
  if (scores.shape[0] === bias.shape[0]) return tf.add(scores, bias)
  const repeated = tf.reshape(scores, [-1, ...bias.shape])
  return tf.reshape(tf.add(repeated, bias), scores.shape)
}

/** The gradient of a bias from that of the scores beside it: `[chunk, tokens, tokens]` summed over the repeats. */
export const biasGradient = (scores: tf.Tensor3D, rows: number): tf.Tensor3D =>
  scores.shape[0] <= rows ? scores : tf.sum(tf.reshape(scores, [-1, rows, ...scores.shape.slice(1)]), 0)

/** 0 for keys, -1e9 for padding: [batch * heads, 1, tokens]; undefined where nothing is padding. */
export const keyBias = (
  mask: ArrayLike<number>,
  batch: number,
  tokens: number,
  heads: number
): tf.Tensor3D | undefined => {
  if (isFull(mask)) return undefined
  const bias = new Float32Array(batch * heads * tokens)
  for (let row = 0; row < batch * heads; row++) {
    const from = Math.floor(row / heads) * tokens
    for (let t = 0; t < tokens; t++) if (mask[from + t] === 0) bias[row * tokens + t] = -1e9
  }
  return tf.tensor3d(bias, [batch * heads, 1, tokens])
}

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

export const isFull = (mask: ArrayLike<number>): boolean => Array.prototype.every.call(mask, (entry) => entry !== 0)
