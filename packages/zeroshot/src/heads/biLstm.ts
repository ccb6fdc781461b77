import { embedding, linear, type Parameters, tf } from "@nuner/engine"

/**
 * A bidirectional LSTM of one layer over words (Hochreiter and Schmidhuber 1997; PyTorch's gates i, f, g, o and its two biases). The
 * backward direction starts at each row's last word; what stands at padding means nothing.
 *
 * @param x [rows, words, D]
 * @param lengths words of each row
 * @returns [rows, words, D], the forward half first
 */
export const biLstm = (
  parameters: Parameters,
  name: string,
  x: tf.Tensor3D,
  lengths: ArrayLike<number>
): tf.Tensor3D => {
  const [rows, words, width] = x.shape
  const hidden = width / 2
  const turned = reversal(lengths, words)
  const turn = (y: tf.Tensor): tf.Tensor =>
    tf.reshape(embedding(tf.reshape(y, [rows * words, y.size / (rows * words)]), turned), y.shape)
  const input = (y: tf.Tensor, suffix: string): tf.Tensor => {
    const parameter = (part: string) => parameters[`${name}.${part}_l0${suffix}`]!
    const bias = tf.add(parameter("bias_ih"), parameter("bias_hh"))
    return linear(y, parameter("weight_ih"), bias) // [rows, words, 4 hidden]
  }
  const recurrent = tf.stack([parameters[`${name}.weight_hh_l0`]!, parameters[`${name}.weight_hh_l0_reverse`]!]) // [2, hidden, 4 hidden]
  const inputs = tf.stack([input(x, ""), input(turn(x), "_reverse")]) // [2, rows, words, 4 hidden]
  let h: tf.Tensor | undefined
  let c: tf.Tensor | undefined
  const outputs: Array<tf.Tensor> = []
  // Both directions take a step at a time.
  for (const step of tf.unstack(inputs, 2)) {
    const gates = h === undefined ? step : tf.add(step, tf.matMul(h, recurrent)) // [2, rows, 4 hidden]
    const [i, f, g, o] = tf.split(gates, 4, -1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
    const added = tf.mul(tf.sigmoid(i), tf.tanh(g))
    c = c === undefined ? added : tf.add(tf.mul(tf.sigmoid(f), c), added)
    h = tf.mul(tf.sigmoid(o), tf.tanh(c)) // [2, rows, hidden]
    outputs.push(h)
  }
  const [forward, backward] = tf.unstack(tf.stack(outputs, 2)) as [tf.Tensor, tf.Tensor] // [rows, words, hidden]
  return tf.reshape(tf.concat([forward, turn(backward)], -1), [rows, words, 2 * hidden])
}

/** Where each word of a row stands when the row is read from its end, padding in place: `[rows * words]`. */
const reversal = (lengths: ArrayLike<number>, words: number): Int32Array =>
  Int32Array.from({ length: lengths.length * words }, (_, place) => {
    const row = Math.floor(place / words)
    const word = place - row * words
    return row * words + (word < lengths[row]! ? lengths[row]! - 1 - word : word)
  })
