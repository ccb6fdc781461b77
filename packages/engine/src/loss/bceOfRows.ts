import { segmentSum } from "../nn/embedding.ts"
import { tf } from "../tf.ts"
import type { PartialLoss } from "./chunkedHead.ts"
import type { BceCells } from "./SparseTargets.ts"

/**
 * The part of the mean binary cross-entropy that the rows from `start` on contribute, from sparse positives:
 * `(sum softplus(z) - sum over positives of z) / n`, and its gradient `(sigmoid(z) - y) / n` where asked for. No dense matrix of
 * targets is made.
 */
export function bceOfRows(
  z: tf.Tensor2D,
  start: number,
  { count, weights, cells, softplus, linear }: BceCells,
  withGradient: boolean,
  statistics?: BceStatistics
): PartialLoss {
  const [rows, concepts] = z.shape
  const first = lowerBound(cells, start * concepts)
  const end = lowerBound(cells, (start + rows) * concepts)
  const index = Int32Array.from(cells.subarray(first, end), (cell) => cell - start * concepts)
  const ofRows = weights?.subarray(start, start + rows)
  const weighted = (x: tf.Tensor2D): tf.Tensor2D => (ofRows ? tf.mul(x, tf.tensor2d(ofRows, [rows, 1])) : x)

  let sum = tf.sum(weighted(tf.softplus(z)))
  let gradient = withGradient ? weighted(tf.sigmoid(z)) : undefined
  let listed: tf.Tensor1D | undefined
  if (index.length > 0) {
    listed = tf.gather(tf.reshape(z, [z.size]) as tf.Tensor1D, tf.tensor1d(index, "int32"))
    const a = tf.tensor1d(softplus.subarray(first, end))
    const b = tf.tensor1d(linear.subarray(first, end))
    sum = tf.add(sum, tf.sum(tf.add(tf.mul(a, tf.softplus(listed)), tf.mul(b, listed))))
    if (gradient) {
      const correction = tf.reshape(tf.add(tf.mul(a, tf.sigmoid(listed)), b), [index.length, 1]) as tf.Tensor2D
      gradient = tf.add(gradient, tf.reshape(segmentSum(correction, index, z.size), z.shape))
    }
  }
  statistics?.add(z, ofRows, listed, linear.subarray(first, end))
  const share = 1 / count
  return { loss: tf.mul(sum, share) as tf.Scalar, gradient: gradient && tf.mul(gradient, share) }
}

/** Sums over the logits for the telemetry of sparse targets. */
export class BceStatistics {
  readonly #cells: BceCells
  #all = 0
  #positive = 0
  #ignored = 0
  #saturated = 0

  constructor(cells: BceCells) {
    this.#cells = cells
  }

  add(z: tf.Tensor2D, weights: Float32Array | undefined, listed: tf.Tensor1D | undefined, linear: Float32Array): void {
    // A logit counts once, whatever the weight of its token.
    const counted = weights?.map((weight) => (weight === 0 ? 0 : 1))
    const masked = (x: tf.Tensor2D) => (counted ? tf.mul(x, tf.tensor2d(counted, [counted.length, 1])) : x)
    this.#all += tf.sum(masked(z)).dataSync()[0]!
    this.#saturated += tf.sum(masked(tf.cast(tf.greater(tf.abs(z), 10), "float32"))).dataSync()[0]!
    listed?.dataSync().forEach((logit, i) => {
      if (linear[i] !== 0) this.#positive += logit
      else {
        this.#ignored += logit
        if (Math.abs(logit) > 10) this.#saturated--
      }
    })
  }

  report(report: (name: string, value: number) => void): void {
    const { count, positives } = this.#cells
    report("positiveRate", positives / count)
    if (positives > 0) report("positiveLogit", this.#positive / positives)
    if (positives < count) report("negativeLogit", (this.#all - this.#positive - this.#ignored) / (count - positives))
    report("saturated", this.#saturated / count)
  }
}

/** The first place in an ascending list whose value is not below `value`. */
function lowerBound(list: Float64Array, value: number): number {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (list[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
