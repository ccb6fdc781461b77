import { differentiable, isRecording } from "../autodiff/tape.ts"
import { EngineError } from "../errors.ts"
import { segmentSum } from "../nn/embedding.ts"
import { tf } from "../tf.ts"
import { chunkedHead, type Head, type PartialLoss } from "./chunkedHead.ts"

export interface CrossEntropyOptions {
  /** Weight of each class [classes]; the mean divides by the sum of the weights met, as in PyTorch. Default: all 1. */
  readonly weights?: ArrayLike<number>
  /** The label of rows that do not count. Default -100. */
  readonly ignore?: number
}

/**
 * Mean cross-entropy `-log softmax(z)[label]` over the rows that count.
 *
 * @param logits [n, classes]
 * @param labels class numbers [n]
 */
export const crossEntropy = (logits: tf.Tensor2D, labels: Int32Array, options: CrossEntropyOptions = {}): tf.Scalar => {
  const rows = labelledRows(logits.shape[0], logits.shape[1], labels, options)
  return differentiable({ logits }, (save) => {
    const { loss, gradient } = crossEntropyOfRows(logits, 0, rows, isRecording())
    if (gradient) save(gradient)
    return { value: loss, gradient: (dy: tf.Scalar, [d]) => ({ logits: () => tf.mul(d!, dy) }) }
  })
}

/**
 * The same over `z = scale (h u^T) + bias`, without ever holding more than `maxLogits` logits: masked language modelling against
 * a vocabulary, where u is the embedding table [vocabulary, d] and bias [vocabulary].
 *
 * @param options maxLogits: a count of numbers; default 2^25 (128 MiB)
 */
export const linearCrossEntropy = (
  head: Head,
  labels: Int32Array,
  options: CrossEntropyOptions & { readonly maxLogits?: number } = {}
): tf.Scalar => {
  const rows = labelledRows(head.h.shape[0], head.u.shape[0], labels, options)
  return chunkedHead(head, options.maxLogits ?? 2 ** 25, (z, start, withGradient) =>
    crossEntropyOfRows(z, start, rows, withGradient)
  )
}

interface LabelledRows {
  /** The class of each row; 0 where the row does not count. */
  readonly labels: Int32Array
  /** The row's share of the mean; 0 where it does not count. */
  readonly shares: Float32Array
}

const labelledRows = (n: number, classes: number, labels: Int32Array, options: CrossEntropyOptions): LabelledRows => {
  const { weights, ignore = -100 } = options
  if (labels.length !== n) throw new EngineError(`crossEntropy: ${labels.length} labels for ${n} rows`)
  if (weights && weights.length !== classes) {
    throw new EngineError(`crossEntropy: ${weights.length} weights for ${classes} classes`)
  }
  const shares = Float64Array.from(labels, (label, row) => {
    if (label === ignore) return 0
    if (label < 0 || label >= classes)
      throw new EngineError(`crossEntropy: labels[${row}] is ${label}, not in 0..${classes - 1}`)
    return weights ? weights[label]! : 1
  })
  const total = shares.reduce((sum, share) => sum + share, 0)
  if (!(total > 0)) throw new EngineError("crossEntropy: no row counts: every label is ignored or of weight 0")
  return {
    labels: labels.map((label) => (label === ignore ? 0 : label)),
    shares: Float32Array.from(shares, (share) => share / total)
  }
}

const crossEntropyOfRows = (z: tf.Tensor2D, start: number, all: LabelledRows, withGradient: boolean): PartialLoss => {
  const [rows, classes] = z.shape
  const labels = all.labels.subarray(start, start + rows)
  const shares = tf.tensor1d(all.shares.subarray(start, start + rows))
  const cells = Int32Array.from(labels, (label, row) => row * classes + label)
  const chosen = tf.gather(tf.reshape(z, [z.size]) as tf.Tensor1D, tf.tensor1d(cells, "int32")) // [rows]
  const loss = tf.sum(tf.mul(tf.sub(tf.logSumExp(z, 1), chosen), shares)) as tf.Scalar
  if (!withGradient) return { loss, gradient: undefined }
  const column = tf.reshape(shares, [rows, 1]) as tf.Tensor2D
  const truth = tf.reshape(segmentSum(column, cells, z.size), z.shape)
  return { loss, gradient: tf.sub(tf.mul(tf.softmax(z), column), truth) }
}
