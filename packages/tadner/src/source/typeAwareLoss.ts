import { tf } from "@nuner/engine"

export interface TypeAwareLossOptions {
  /** Divides the normalised scores. Default 0.05. */
  readonly temperature?: number
}

/**
 * Type-aware contrastive loss of TadNER's type classifier (Li et al. 2023). With h the vectors of the M entity words of a batch, u the
 * vectors of the type names by the same encoder, y the type of each word:
 *
 *     s_ij   = <u_{y_i}, h_j> + <h_i, u_{y_j}>
 *     s^_ij  = s_ij / max(||s_.j||_2, 1e-12)             normalised by column
 *     L      = -(1/M) sum_i sum_j [y_i = y_j] log softmax_j(s^_ij / temperature)
 *
 * Self pairs count as positives; the sum is divided by M, not by the number of positives. Differentiable in both arguments.
 *
 * @param words `[M, hidden]`
 * @param types `[types, hidden]`
 * @param labels `[M]`, indices into `types`
 * @returns a scalar
 */
export const typeAwareLoss = (
  words: tf.Tensor2D,
  types: tf.Tensor2D,
  labels: Int32Array,
  { temperature = 0.05 }: TypeAwareLossOptions = {}
): tf.Scalar => {
  const count = labels.length
  if (words.shape[0] !== count) {
    throw new RangeError(`typeAwareLoss: ${words.shape[0]} word vectors for ${count} labels`)
  }
  return tf.tidy(() => {
    const named = tf.gather(types, tf.tensor1d(labels, "int32")) as tf.Tensor2D // [M, hidden]
    const cross = tf.matMul(named, words, false, true) // <u_{y_i}, h_j>  [M, M]
    const scores = tf.add(cross, tf.transpose(cross))
    const lengths = tf.sqrt(tf.maximum(tf.sum(tf.square(scores), 0, true), 1e-24)) // [1, M]
    const logProbabilities = tf.logSoftmax(tf.div(tf.div(scores, lengths), temperature)) // over j
    return tf.neg(tf.div(tf.sum(tf.mul(logProbabilities, samePairs(labels))), count)) as tf.Scalar
  })
}

/** 1 where two words share a type, the diagonal included: `[M, M]`. */
const samePairs = (labels: Int32Array): tf.Tensor2D => {
  const count = labels.length
  const same = new Float32Array(count * count)
  for (let i = 0; i < count; i++) for (let j = 0; j < count; j++) if (labels[i] === labels[j]) same[i * count + j] = 1
  return tf.tensor2d(same, [count, count])
}
