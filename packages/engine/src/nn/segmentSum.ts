import { tf } from "../tf.ts"
import { hasKernel } from "./fusedKernel.ts"

/**
 * Adds up the rows of `values` that carry the same id: `out[s] = sum of values[i] where ids[i] = s`. Not recorded.
 *
 * @param values [n, width]
 * @param ids n segment numbers in 0..segments-1
 * @returns [segments, width]
 */
export function segmentSum(values: tf.Tensor2D, ids: Int32Array, segments: number): tf.Tensor2D {
  // tfjs-cpu's kernel makes one pass over all values for every segment; tfjs-wasm has none.
  if (tf.getBackend() !== "cpu" && hasKernel("UnsortedSegmentSum")) {
    return tf.tidy(() => tf.unsortedSegmentSum(values, tf.tensor1d(ids, "int32"), segments))
  }
  const width = values.shape[1]
  const data = values.dataSync()
  const sums = new Float32Array(segments * width)
  for (let i = 0; i < ids.length; i++) {
    const to = ids[i]! * width
    const from = i * width
    for (let c = 0; c < width; c++) sums[to + c]! += data[from + c]!
  }
  return tf.tensor2d(sums, [segments, width])
}
