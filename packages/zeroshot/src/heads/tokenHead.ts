import { type Parameters, tf } from "@nuner/engine"
import { drop, type HeadDropout, linearOf } from "./feedForward.ts"

/**
 * GLiNER's scores of words (token level, from 0.2 on): for each word and type whether an entity starts, ends, or goes on there,
 * `z = W2 relu(W1 [a; u; a' * u'])` with `[a; a'] = W_t h`, `[u; u'] = W_e e`. The pairs are not made: `W1` is a sum over its three parts.
 *
 * @param words h [rows, words, D]
 * @param types e [rows, types, D], or [1, types, D] for all rows
 * @returns [rows, words, types, 3]
 */
export const tokenLogits = (
  parameters: Parameters,
  words: tf.Tensor3D,
  types: tf.Tensor3D,
  dropping?: HeadDropout
): tf.Tensor4D => {
  const [rows, count, size] = words.shape
  const [sets, labels] = types.shape
  const halves = (name: string, x: tf.Tensor3D) =>
    tf.split(linearOf(parameters, name, x), 2, -1) as [tf.Tensor3D, tf.Tensor3D]
  const [a, second] = halves("scorer.proj_token", words) // [rows, words, D]
  const [u, other] = halves("scorer.proj_label", types) // [rows, types, D]
  const kernel = parameters["scorer.out_mlp.0.weight"]!
  const [ofWord, ofType, ofPair] = tf.split(kernel, 3, 0) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D] // [D, 4D]
  const product = (x: tf.Tensor, by: tf.Tensor2D) => tf.matMul(tf.reshape(x, [-1, size]) as tf.Tensor2D, by)
  const wide = kernel.shape[1]!
  const pairs = tf.mul(tf.expandDims(second, 2), tf.expandDims(other, 1)) // [rows, words, types, D]
  const hidden = tf.add(
    tf.add(
      tf.reshape(product(pairs, ofPair), [rows, count, labels, wide]),
      tf.reshape(product(a, ofWord), [rows, count, 1, wide])
    ),
    tf.reshape(tf.add(product(u, ofType), parameters["scorer.out_mlp.0.bias"]!), [sets, 1, labels, wide])
  )
  return linearOf(parameters, "scorer.out_mlp.3", tf.relu(drop(hidden, "scorer.out_mlp", dropping))) as tf.Tensor4D
}
