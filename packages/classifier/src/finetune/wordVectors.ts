import { differentiable, embedding, segmentSum, tf } from "@nuner/engine"
import type { Pooling } from "../features/FeatureOptions.ts"
import type { Example } from "./examples.ts"

/**
 * Vectors of the words of a batch, as `wordFeatures` takes them, with gradients: `[words, width]`.
 *
 * @param states hidden states `[rows, tokens, width]`, a row an example
 */
export const wordVectors = (states: tf.Tensor3D, examples: ReadonlyArray<Example>, pooling: Pooling): tf.Tensor2D => {
  const [rows, tokens, width] = states.shape
  const flat = tf.reshape(states, [rows * tokens, width])
  const spans = examples.flatMap(({ words }, row) =>
    words.map(({ start, end }) => ({ start: row * tokens + start, end: row * tokens + end }))
  )
  if (pooling === "first" || spans.every(({ start, end }) => end === start + 1)) {
    return embedding(
      flat,
      Int32Array.from(spans, ({ start }) => start)
    )
  }
  const ids = spans.flatMap(({ start, end }, word) => Array.from({ length: end - start }, (_, i) => [start + i, word]))
  const subTokens = embedding(
    flat,
    Int32Array.from(ids, ([token]) => token!)
  ) // [sub-tokens, width]
  return segmentMean(
    subTokens,
    Int32Array.from(ids, ([, word]) => word!),
    spans.length
  )
}

/** Means of the rows that carry the same id; every id of `0..segments - 1` occurs. */
const segmentMean = (x: tf.Tensor2D, ids: Int32Array, segments: number): tf.Tensor2D => {
  const counts = new Float32Array(segments)
  for (const id of ids) counts[id]!++
  const shares = () =>
    tf.tensor2d(
      counts.map((count) => 1 / count),
      [segments, 1]
    )
  return differentiable({ x }, () => ({
    value: tf.mul(segmentSum(x, ids, segments), shares()) as tf.Tensor2D,
    gradient: (dy: tf.Tensor2D) => ({ x: () => tf.gather(tf.mul(dy, shares()), tf.tensor1d(ids, "int32")) })
  }))
}
