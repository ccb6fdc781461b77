import { type Parameters, tf } from "@nuner/engine"
import { drop, feedForward, type HeadDropout } from "./feedForward.ts"

export type SpanMode = "marker" | "markerV0"

/**
 * GLiNER's scores of spans (Zaratiana et al. 2023, section 2.1): `z_ijc = S_ij . q_c` with `S_ij = out(relu[s_i; t_j])`, for spans of 1 to
 * `width` words from every word on; NuNER Zero is `marker` with width 1. `out` is linear (`marker`) or a feed-forward network (`markerV0`).
 *
 * Neither `S_ij` nor the pairs `[s_i; t_j]` are made: the first layer of `out` is the sum of a part for the start and one for the end, and its
 * last layer is multiplied into `q_c`, of which there are few.
 *
 * @param words h [rows, words, D]
 * @param types e [rows, types, D], or [1, types, D] for all rows
 * @returns [rows, words, width, types]; a span past the end of its row means nothing
 */
export const spanLogits = (
  parameters: Parameters,
  mode: SpanMode,
  words: tf.Tensor3D,
  types: tf.Tensor3D,
  width: number,
  dropping?: HeadDropout
): tf.Tensor4D => {
  const at = "span_rep_layer.span_rep_layer"
  const start = tf.relu(feedForward(parameters, `${at}.project_start`, words, dropping)) // [rows, words, D]
  const end = tf.relu(feedForward(parameters, `${at}.project_end`, words, dropping))
  const query = feedForward(parameters, "prompt_rep_layer", types, dropping) // as types
  const size = words.shape[2]
  const first = `${at}.out_project${mode === "marker" ? "" : ".0"}`
  const [ofStart, ofEnd] = tf.split(parameters[`${first}.weight`]!, 2, 0) as [tf.Tensor2D, tf.Tensor2D] // [D, out]
  const product = (x: tf.Tensor3D, kernel: tf.Tensor2D): tf.Tensor3D =>
    tf.reshape(tf.matMul(tf.reshape(x, [-1, size]), kernel), [x.shape[0], x.shape[1], kernel.shape[1]])
  const left = tf.add(product(start, ofStart), parameters[`${first}.bias`]!) as tf.Tensor3D
  const right = product(end, ofEnd)
  if (mode === "marker") {
    const fromStart = tf.matMul(left, query, false, true) as tf.Tensor3D // [rows, words, types]
    const fromEnd = tf.matMul(right, query, false, true) as tf.Tensor3D
    return eachWidth(fromEnd, width, (end) => tf.add(fromStart, end))
  }
  const last = `${at}.out_project.3`
  // q W2' and q b2: what the last layer and the product with q are together.
  const key = product(query, tf.transpose(parameters[`${last}.weight`]!) as tf.Tensor2D) // [rows, types, 4D]
  const offset = tf.sum(tf.mul(query, parameters[`${last}.bias`]!), -1, true) // [rows, types, 1]
  return eachWidth(right, width, (end, k) => {
    const hidden = drop(tf.relu(tf.add(left, end)), `${at}.out_project/${k}`, dropping)
    return tf.add(tf.matMul(hidden, key, false, true), tf.transpose(offset, [0, 2, 1]))
  })
}

/** `f` of each word and the end that lies 0, 1, ... words behind it: `[rows, words, width, ...]`. */
const eachWidth = (
  ends: tf.Tensor3D,
  width: number,
  f: (ends: tf.Tensor3D, width: number) => tf.Tensor
): tf.Tensor4D => {
  const [rows, words, size] = ends.shape
  const padded = tf.pad(ends, [
    [0, 0],
    [0, width - 1],
    [0, 0]
  ])
  const scores = Array.from({ length: width }, (_, k) => f(tf.slice(padded, [0, k, 0], [rows, words, size]), k))
  return tf.stack(scores, 2) as tf.Tensor4D
}
