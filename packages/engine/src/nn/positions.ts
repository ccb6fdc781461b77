import { differentiable } from "../autodiff/tape.ts"
import { remembered } from "../caches.ts"
import { EngineError } from "../errors.ts"
import { checkFloat, checkShape, hasKernel, type Kernel, like, type Operand, runKernel } from "../onnx/Kernel.ts"
import { tf } from "../tf.ts"
import { splitHeads } from "./attention.ts"
import { embedding } from "./embedding.ts"

/**
 * Rotary positions (Su et al. 2021): in each head of width d the pair of numbers i and i + d / 2 is turned by the angle
 * `position * theta^(-2 i / d)`, so that the product of a query and a key depends on their distance.
 *
 * @param x [batch, tokens, hidden]: queries or keys
 * @param heads `hidden` is split into this many, each of an even width
 */
export const rotary = (
  x: tf.Tensor3D,
  { heads, theta }: { readonly heads: number; readonly theta: number }
): tf.Tensor3D => {
  const [, tokens, hidden] = x.shape
  const half = hidden / heads / 2
  if (!Number.isInteger(half)) throw new EngineError(`rotary: hidden ${hidden} gives ${heads} heads no even width`)
  return differentiable<tf.Tensor3D, "x">({ x }, () => ({
    value: turn(x, heads, angles(tokens, half, theta)),
    gradient: (dy) => ({ x: () => turn(dy, heads, angles(tokens, half, -theta)) })
  }))
}

interface Angles {
  readonly cosines: Float32Array
  readonly sines: Float32Array
}

/** [tokens, half]; a negative theta turns back. Rounded to 32 bits where PyTorch does, which shows at far positions. All layers of a text ask for the same. */
const angles = remembered((tokens: number, half: number, theta: number): Angles => {
  const frequencies = Array.from({ length: half }, (_, i) => {
    const power = Math.fround(Math.abs(theta) ** Math.fround(i / half))
    return Math.fround(1 / power)
  })
  const cosines = new Float32Array(tokens * half)
  const sines = new Float32Array(tokens * half)
  for (let at = 0; at < cosines.length; at++) {
    const angle = Math.fround(Math.floor(at / half) * frequencies[at % half]!)
    cosines[at] = Math.cos(angle)
    sines[at] = Math.sign(theta) * Math.sin(angle)
  }
  return { cosines, sines }
})

const turn = (x: tf.Tensor3D, heads: number, { cosines, sines }: Angles): tf.Tensor3D => {
  const [batch, tokens, hidden] = x.shape
  const half = hidden / heads / 2
  if (hasKernel("FusedRotary")) {
    const [cosine, sine] = [cosines, sines].map((values) => tf.tensor2d(values, [tokens, half]))
    return runKernel("FusedRotary", { x, cosine: cosine!, sine: sine! })
  }
  const [a, b] = tf.split(tf.reshape(x, [batch, tokens, heads, 2, half]), 2, 3) as [tf.Tensor, tf.Tensor]
  const factor = (values: Float32Array) => tf.tensor(values, [1, tokens, 1, 1, half])
  const [cosine, sine] = [factor(cosines), factor(sines)]
  const first = tf.sub(tf.mul(a, cosine), tf.mul(b, sine))
  const second = tf.add(tf.mul(b, cosine), tf.mul(a, sine))
  return tf.reshape(tf.concat([first, second], 3), [batch, tokens, hidden])
}

/** x `[batch, tokens, hidden]` turned by angles of which cosine and sine are `[tokens, half a head's width]`. */
export const rotaryKernel: Kernel = {
  name: "FusedRotary",
  inputs: ["x", "cosine", "sine"],
  infer(operands) {
    checkFloat("FusedRotary", operands)
    const [x, cosine, sine] = operands as [Operand, Operand, Operand]
    checkShape("cosine", cosine, [x.shape[1]!, cosine.shape[1]!])
    checkShape("sine", sine, cosine.shape)
    return [like(x)]
  },
  // The first token of each text is at position 0.
  emit: (graph, [x, cosine, sine]) => [
    graph.op("com.microsoft.RotaryEmbedding", [x!, graph.int64s([0]), cosine!, sine!])
  ]
}

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
