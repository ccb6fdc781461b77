import { tf } from "@nuner/engine"

/** Which binary cross-entropy the cells of a head are trained with. */
export interface CellLossOptions {
  /** Weight of a positive cell over a negative one. 2: NuNER Zero's and GLiNER's up to 0.1.13, `(1 + y) BCE`. */
  readonly positiveWeight: number
  /** Focal loss (Lin et al. 2017): weight of positives, `1 - alpha` that of negatives; below 0: none. */
  readonly alpha: number
  /** Focal loss: power of what is missing to the right probability; 0: none. */
  readonly gamma: number
  /** Taken off the probability of negatives before the logarithm. */
  readonly margin: number
  /** `y` becomes `y (1 - smoothing) + smoothing / 2`. */
  readonly smoothing: number
  /** Sum over the cells, or the sum divided by `count`. */
  readonly reduction: "sum" | "mean"
}

/** As the numbers of the published code are clipped before a logarithm. */
const EPSILON = 1e-6

/**
 * The loss of a head's cells, a scalar: `-y ln p - (1 - y) ln(1 - p~)` with `p = sigmoid(z)`, `p~ = p - margin`, times the weights of the options.
 *
 * @param z logits, any shape
 * @param y 1 for a positive cell, as many as `z` has
 * @param mask 0 for a cell that does not count
 * @param count what `"mean"` divides by: spans that count, or words times types
 */
export const cellLoss = (
  z: tf.Tensor,
  y: tf.Tensor,
  mask: tf.Tensor,
  count: number,
  { alpha, gamma, margin, positiveWeight, reduction, smoothing }: CellLossOptions
): tf.Scalar => {
  const target = smoothing > 0 ? tf.add(tf.mul(y, 1 - smoothing), smoothing / 2) : y
  const rest = tf.sub(1, target)
  const p = tf.sigmoid(z)
  const missing = tf.sub(1, margin > 0 ? tf.maximum(tf.sub(p, margin), 0) : p)
  const log = (x: tf.Tensor) => tf.log(tf.maximum(x, EPSILON))
  let loss = tf.neg(tf.add(tf.mul(target, log(p)), tf.mul(rest, log(missing))))
  if (gamma > 0) loss = tf.mul(loss, tf.pow(tf.sub(1, tf.add(tf.mul(p, target), tf.mul(missing, rest))), gamma))
  if (alpha >= 0) loss = tf.mul(loss, tf.add(tf.mul(target, alpha), tf.mul(rest, 1 - alpha)))
  if (positiveWeight !== 1) loss = tf.mul(loss, tf.add(1, tf.mul(y, positiveWeight - 1)))
  const sum = tf.sum(tf.mul(loss, mask))
  return (reduction === "mean" ? tf.div(sum, Math.max(1, count)) : sum) as tf.Scalar
}
