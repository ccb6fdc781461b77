import { EngineError } from "../errors.ts"
import { tf } from "../tf.ts"
import { splitHeads } from "./attention.ts"
import { embedding } from "./embedding.ts"

export interface DisentangledOptions {
  readonly heads: number
  /** The row of the tables for `key - query`, a whole number. */
  rowOf(distance: number): number
  /** Multiplies the sum; that of `attention` beside it. */
  readonly scale: number
}

/** Projections of the distances: `[rows, hidden]` each. */
export interface DistanceTables {
  readonly query: tf.Tensor2D
  readonly key: tf.Tensor2D
}

/**
 * What distances add to the scores of attention in DeBERTa (He et al. 2021, equation 4): content to position and position to content,
 * `scale (q_i . key[r] + k_j . query[r])` with `r = rowOf(j - i)`, per head. Products are made with the 2 tokens - 1 distances that occur, then
 * moved into place. Gradients reach all four.
 *
 * @param q [batch, tokens, hidden], as k
 * @returns [batch * heads, tokens, tokens]: the `bias` of `attention`
 */
export const disentangledBias = (
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  { key, query }: DistanceTables,
  { heads, rowOf, scale }: DisentangledOptions
): tf.Tensor3D => {
  const [batch, tokens, hidden] = q.shape
  if (!tf.util.arraysEqual(k.shape, q.shape) || [key, query].some((table) => table.shape[1] !== hidden)) {
    throw new EngineError(
      `disentangledBias: q [${q.shape}], k [${k.shape}], tables [${key.shape}] and [${query.shape}]`
    )
  }
  const distances = 2 * tokens - 1
  const byDistance = (x: tf.Tensor3D, table: tf.Tensor2D, sign: 1 | -1): tf.Tensor3D => {
    const ids = Int32Array.from({ length: batch * distances }, (_, i) => rowOf(sign * ((i % distances) - tokens + 1)))
    const rows = tf.reshape(embedding(table, ids), [batch, distances, hidden]) as tf.Tensor3D
    return inPlace(tf.matMul(splitHeads(x, heads), splitHeads(rows, heads), false, true))
  }
  return tf.tidy(() => {
    const contentToPosition = byDistance(q, key, 1) // [batch * heads, query, key]
    const positionToContent = byDistance(k, query, -1) // [batch * heads, key, query]
    return tf.mul(tf.add(contentToPosition, tf.transpose(positionToContent, [0, 2, 1])), scale)
  })
}

/** `[n, tokens, 2 tokens - 1]` -> `[n, tokens, tokens]`: row i's number j is that of column j - i + tokens - 1. */
const inPlace = (x: tf.Tensor3D): tf.Tensor3D => {
  const [n, tokens, distances] = x.shape
  if (tokens === 1) return x
  // One column less a row moves each row one further to the left.
  const flat: tf.Tensor2D = tf.slice(
    tf.reshape(x, [n, tokens * distances]) as tf.Tensor2D,
    [0, tokens - 1],
    [-1, tokens * (distances - 1)]
  )
  return tf.slice(tf.reshape(flat, [n, tokens, distances - 1]) as tf.Tensor3D, [0, 0, 0], [-1, -1, tokens])
}
