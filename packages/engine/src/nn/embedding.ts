import { differentiable } from "../autodiff/differentiable.ts"
import { EngineError } from "../errors.ts"
import { tf } from "../tf.ts"
import { hasKernel } from "./fusedKernel.ts"

/**
 * Rows of a table; the gradient of a row is the sum over its occurrences.
 *
 * @param table [vocabulary, hidden]
 * @param ids row numbers on the host, of any count
 * @returns [ids, hidden]
 * @throws EngineError for an id outside the table (backends differ: zeros, a wrapped index, or a crash).
 */
export function embedding(table: tf.Tensor, ids: Int32Array): tf.Tensor2D {
  const [vocabulary] = table.shape as [number, number]
  if (table.rank !== 2)
    throw new EngineError(`embedding: the table must be [vocabulary, hidden], it is [${table.shape}]`)
  const stray = ids.findIndex((id) => id < 0 || id >= vocabulary)
  if (stray >= 0) throw new EngineError(`embedding: ids[${stray}] is ${ids[stray]}, the table has ${vocabulary} rows`)
  return differentiable({ table }, () => ({
    value: tf.gather(table as tf.Tensor2D, tf.tensor1d(ids, "int32")), // [ids, hidden]
    gradient: (dy: tf.Tensor2D) => ({ table: () => segmentSum(dy, ids, vocabulary) })
  }))
}

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
