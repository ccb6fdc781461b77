import { segmentSum } from "../nn/embedding.ts"
import { tf } from "../tf.ts"
import type { PartialLoss } from "./chunkedHead.ts"
import type { BceCells, Telemetry } from "./SparseTargets.ts"

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

/** Sums over the logits for the telemetry of sparse targets. They stay where they are computed until someone reads the promises. */
export class BceStatistics {
  readonly #cells: BceCells
  /** Of all logits, those of positives and those of ignored cells; and how many beyond 10 count: [4]. */
  #sums: tf.Tensor | undefined

  constructor(cells: BceCells) {
    this.#cells = cells
  }

  add(z: tf.Tensor2D, weights: Float32Array | undefined, listed: tf.Tensor1D | undefined, linear: Float32Array): void {
    const sums = tf.tidy(() => {
      // A logit counts once, whatever the weight of its token.
      const counted = weights?.map((weight) => (weight === 0 ? 0 : 1))
      const masked = (x: tf.Tensor2D) => (counted ? tf.mul(x, tf.tensor2d(counted, [counted.length, 1])) : x)
      const none = tf.scalar(0)
      const only = (x: tf.Tensor | undefined, stays: (factor: number) => boolean): tf.Tensor =>
        x && linear.some(stays) ? tf.sum(tf.mul(x, tf.tensor1d(linear.map((factor) => (stays(factor) ? 1 : 0))))) : none
      const isPositive = (factor: number) => factor !== 0
      const isIgnored = (factor: number) => factor === 0
      const saturated = tf.sum(masked(beyond(z, 10)))
      const here = tf.stack([
        tf.sum(masked(z)),
        only(listed, isPositive),
        only(listed, isIgnored),
        tf.sub(saturated, only(listed && beyond(listed, 10), isIgnored))
      ])
      return this.#sums ? tf.add(this.#sums, here) : here
    })
    this.dispose()
    this.#sums = tf.keep(sums)
  }

  report(report: Telemetry): void {
    const { count, positives } = this.#cells
    const sums = this.#sums!.data().finally(() => this.dispose())
    report("positiveRate", positives / count)
    if (positives > 0)
      report(
        "positiveLogit",
        sums.then(([, positive]) => positive! / positives)
      )
    if (positives < count) {
      const negatives = sums.then(([all, positive, ignored]) => all! - positive! - ignored!)
      report(
        "negativeLogit",
        negatives.then((sum) => sum / (count - positives))
      )
    }
    report(
      "saturated",
      sums.then(([, , , saturated]) => saturated! / count)
    )
  }

  dispose(): void {
    this.#sums?.dispose()
    this.#sums = undefined
  }
}

/** 1 where the absolute value is above a limit, else 0. */
const beyond = <T extends tf.Tensor>(x: T, limit: number): T => tf.cast(tf.greater(tf.abs(x), limit), "float32") as T

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
