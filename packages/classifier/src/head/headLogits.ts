import { gelu, linear, tf } from "@nuner/engine"
import { type Dense, type Head, headWidth } from "./Head.ts"

/** Rows scored at a time: bounds memory for large test sets. */
const CHUNK = 16_384

/** Multiplications up to which plain loops are as fast as the way to the engine. */
const FEW = 2 ** 18

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
  // In a browser there is no engine.
  if (head.kernel.length * rows <= FEW || !tf.getBackend()) return plainLogits(head, values)
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

/** The same without an engine. */
const plainLogits = (head: Head, values: Float32Array): Float32Array => {
  if (head.dense === undefined) return product(head, values)
  const hidden = product(head.dense, values)
  for (const [i, x] of hidden.entries()) hidden[i] = (x * (1 + erf(x / Math.SQRT2))) / 2
  return product(head, hidden)
}

const product = ({ bias, kernel }: Dense, x: Float32Array): Float32Array => {
  const [outputs, inputs] = [bias.length, kernel.length / bias.length]
  const out = new Float32Array((x.length / inputs) * outputs)
  for (let row = 0, from = 0; row < out.length; row += outputs, from += inputs) {
    for (let o = 0; o < outputs; o++) {
      let sum = bias[o]!
      for (let i = 0, k = o; i < inputs; i++, k += outputs) sum += x[from + i]! * kernel[k]!
      out[row + o] = sum
    }
  }
  return out
}

/** Abramowitz and Stegun, 7.1.26: off by at most 1.5e-7. */
const erf = (x: number): number => {
  const t = 1 / (1 + 0.3275911 * Math.abs(x))
  const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  return Math.sign(x) * (1 - polynomial * Math.exp(-x * x))
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
