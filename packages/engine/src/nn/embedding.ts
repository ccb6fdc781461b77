import { differentiable } from "../autodiff/differentiable.ts"
import { EngineError } from "../EngineError.ts"
import { tf } from "../tf.ts"
import { segmentSum } from "./segmentSum.ts"

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
