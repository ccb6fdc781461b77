import { differentiable } from "../autodiff/tape.ts"
import { EngineError } from "../errors.ts"
import { filled, type HostKernel, hasKernel, sizeOf } from "../onnx/Kernel.ts"
import { tf } from "../tf.ts"

/**
 * Rows of a table; the gradient of a row is the sum over its occurrences.
 *
 * @param table [vocabulary, hidden]
 * @param ids row numbers on the host, of any count
 * @returns [ids, hidden]
 * @throws EngineError for an id outside the table (backends differ: zeros, a wrapped index, or a crash).
 */
export const embedding = (table: tf.Tensor, ids: Int32Array): tf.Tensor2D => {
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
export const segmentSum = (values: tf.Tensor2D, ids: Int32Array, segments: number): tf.Tensor2D => {
  // tfjs-cpu's kernel makes one pass over all values for every segment; tfjs-wasm has none.
  if (tf.getBackend() !== "cpu" && hasKernel("UnsortedSegmentSum")) {
    return tf.tidy(() => tf.unsortedSegmentSum(values, tf.tensor1d(ids, "int32"), segments))
  }
  const width = values.shape[1]
  const sums = new Float32Array(segments * width)
  addRows(sums, values.dataSync() as Float32Array, ids, segments)
  return tf.tensor2d(sums, [segments, width])
}

/**
 * Adds rows of `from` into `sums` `[numSegments, width]`, row i to that of `ids[i]`; ids beyond the segments are dropped, as tfjs does. What
 * stood in `sums` is lost.
 */
export const addRows = (sums: Float32Array, from: Float32Array, ids: Int32Array, numSegments: number): void => {
  const width = from.length / ids.length
  sums.fill(0)
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!
    if (id < 0 || id >= numSegments) continue
    for (let j = 0; j < width; j++) sums[id * width + j]! += from[i * width + j]!
  }
}

/** From this many sums on the threads share them: zeros for a whole vocabulary are most of the work. */
const shared = 2 ** 16

/**
 * Adds rows of x `[ids, ...]` into `[numSegments, ...]`: the gradient of an embedding. ONNX's ScatterND was measured slower,
 * and it wraps negative ids, which tfjs drops.
 */
export const segmentSumKernel: HostKernel<"x" | "segmentIds", tf.UnsortedSegmentSumAttrs> = {
  name: "UnsortedSegmentSum",
  run(backend, { x, segmentIds }, { numSegments }) {
    if (x.dtype !== "float32" || segmentIds.dtype !== "int32") return undefined
    const count = sizeOf(segmentIds.shape)
    const shape = [numSegments, ...x.shape.slice(segmentIds.shape.length)]
    const operands = [x, segmentIds].map((tensor) => backend.address(tensor))
    if (sizeOf(shape) >= shared && operands.every((address) => backend.vector.holds(address))) {
      const width = sizeOf(shape) / numSegments
      return filled(backend, shape, (address) => ({
        kernel: "segmentSum",
        units: numSegments,
        width,
        addresses: [...operands, address],
        numbers: [count, width]
      }))
    }
    const result = backend.empty(shape, "float32")
    const [sums, from, ids] = [result, x, segmentIds].map((tensor) => backend.native(tensor).view())
    addRows(sums as Float32Array, from as Float32Array, ids as Int32Array, numSegments)
    return result
  }
}
