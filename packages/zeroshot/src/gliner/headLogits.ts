import { embedding, type Parameters, tf } from "@nuner/engine"
import { biLstm } from "../heads/biLstm.ts"
import { type HeadDropout, linearOf } from "../heads/feedForward.ts"
import { spanLogits } from "../heads/spanHead.ts"
import { tokenLogits } from "../heads/tokenHead.ts"
import type { GlinerConfig } from "./GlinerConfig.ts"

/** What the encoder says of a batch: vectors of words and of types, padded. */
export interface ReadRows {
  /** [rows, words, hidden] */
  readonly words: tf.Tensor3D
  /** [rows, types, hidden]; [rows or 1, types, D] of an encoder of their own */
  readonly types: tf.Tensor3D
  /** Words of each row. */
  readonly lengths: ArrayLike<number>
  /** [rows * words]: 0 for a word whose vector is zeros. */
  readonly present: Float32Array
}

/**
 * What stands behind the encoder: to the head's width, the LSTM over words, the head.
 *
 * @returns [rows, words, width, types] of spans, or [rows, words, types, 3] of words
 */
export const headLogits = (
  config: GlinerConfig,
  parameters: Parameters,
  { lengths, present, types, words }: ReadRows,
  dropping?: HeadDropout
): tf.Tensor4D => {
  const projection = "token_rep_layer.projection"
  const project = (x: tf.Tensor3D) => (parameters[`${projection}.weight`] ? linearOf(parameters, projection, x) : x)
  const there = tf.tensor3d(present, [words.shape[0], words.shape[1], 1])
  const seen = tf.mul(project(words), there) as tf.Tensor3D
  const read = config.lstm ? biLstm(parameters, "rnn.lstm", seen, lengths) : seen
  const asked = config.typeVector === "own" ? types : project(types)
  if (config.spanMode === "token_level") return tokenLogits(parameters, read, asked, dropping)
  return spanLogits(parameters, config.spanMode, read, asked, config.maxWidth, dropping)
}

/**
 * Rows of the encoder's output by place; what stands for -1 means nothing.
 *
 * @param states [rows, tokens, hidden]
 * @param places [rows * count]
 * @returns [rows, count, hidden]
 */
export const gatherPlaces = (states: tf.Tensor3D, places: Int32Array): tf.Tensor3D => {
  const [rows, tokens, hidden] = states.shape
  const count = places.length / rows
  const flat = places.map((place, i) => Math.floor(i / count) * tokens + Math.max(0, place))
  return tf.reshape(embedding(tf.reshape(states, [rows * tokens, hidden]), flat), [rows, count, hidden])
}
