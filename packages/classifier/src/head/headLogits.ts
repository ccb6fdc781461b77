import { gelu, linear, tf } from "@nuner/engine"
import { type Dense, type Head, headWidth } from "./Head.ts"

/** Rows scored at a time: bounds memory for large test sets. */
const CHUNK = 16_384

/**
 * Class logits of word vectors, `[words, classes]`.
 *
 * @param values `[words, width]`, row-major
 * @throws RangeError where the vectors are not as wide as the head
 */
export const headLogits = (head: Head, values: Float32Array): Float32Array => {
  const width = headWidth(head)
  const rows = values.length / width
  if (!Number.isInteger(rows)) throw new RangeError(`head: ${values.length} values are not rows of width ${width}`)
  const out = new Float32Array(rows * head.classes.length)
  for (let from = 0; from < rows; from += CHUNK) {
    const to = Math.min(rows, from + CHUNK)
    const logits = tf.tidy(() => {
      const x = tf.tensor2d(values.subarray(from * width, to * width), [to - from, width])
      return apply(head, head.dense ? gelu(apply(head.dense, x)) : x)
    })
    out.set(logits.dataSync(), from * head.classes.length)
    logits.dispose()
  }
  return out
}

const apply = ({ kernel, bias }: Dense, x: tf.Tensor2D): tf.Tensor2D =>
  linear(x, tf.tensor2d(kernel, [kernel.length / bias.length, bias.length]), tf.tensor1d(bias))

/**
 * Class probabilities of word vectors, `softmax(logits / temperature)`, `[words, classes]`.
 *
 * @param temperature above 1 is less sure; see `fitTemperature`
 */
export const probabilities = (head: Head, values: Float32Array, temperature = 1): Float32Array =>
  softmaxRows(headLogits(head, values), head.classes.length, temperature)

/** In place. */
export const softmaxRows = (logits: Float32Array, classes: number, temperature = 1): Float32Array => {
  for (let from = 0; from < logits.length; from += classes) {
    let max = Number.NEGATIVE_INFINITY
    for (let k = 0; k < classes; k++) max = Math.max(max, logits[from + k]!)
    let sum = 0
    for (let k = 0; k < classes; k++) sum += Math.exp((logits[from + k]! - max) / temperature)
    for (let k = 0; k < classes; k++) logits[from + k] = Math.exp((logits[from + k]! - max) / temperature) / sum
  }
  return logits
}
