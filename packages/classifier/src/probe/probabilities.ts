import { tf } from "@nuner/engine"
import type { LinearProbe } from "./LinearProbe.ts"

/** Rows scored at a time: bounds memory for large test sets. */
const CHUNK = 16_384

/** Class probabilities of word vectors: features `[rows, width]` -> `[rows, classes]`, row-major. */
export const probabilities = (probe: LinearProbe, features: Float32Array): Float32Array => {
  const count = probe.classes.length
  const width = probe.kernel.length / count
  const rows = features.length / width
  if (!Number.isInteger(rows)) {
    throw new RangeError(`probabilities: ${features.length} values are not rows of width ${width}`)
  }
  const out = new Float32Array(rows * count)
  const kernel = tf.tensor2d(probe.kernel, [width, count])
  const bias = tf.tensor1d(probe.bias)
  for (let from = 0; from < rows; from += CHUNK) {
    const to = Math.min(rows, from + CHUNK)
    const chunk = tf.tidy(() =>
      tf.softmax(
        tf.add(
          tf.matMul(tf.tensor2d(features.subarray(from * width, to * width), [to - from, width]), kernel),
          bias
        ) as ReturnType<typeof tf.tensor2d>
      )
    )
    out.set(chunk.dataSync(), from * count)
    chunk.dispose()
  }
  tf.dispose([kernel, bias])
  return out
}
