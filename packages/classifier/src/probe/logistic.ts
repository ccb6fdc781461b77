import { sweeper, tf } from "@nuner/engine"
import type { Head } from "../head/Head.ts"
import { lbfgs } from "./lbfgs.ts"

/** Labelled rows, standardised. The caller disposes `x`. */
export interface LogisticProblem {
  /** `[rows, width]` */
  readonly x: tf.Tensor2D
  /** `[rows]` */
  readonly labels: Int32Array
  readonly classes: number
  /** `[width]`: what was taken from each feature, and by what the rest was multiplied. */
  readonly mean: Float64Array
  readonly scale: Float64Array
}

export interface LogisticFit {
  /** Kernel `[width, classes]`, then bias `[classes]`, for standardised features. */
  readonly point: Float64Array<ArrayBuffer>
  /** Mean penalised loss at the end. */
  readonly loss: number
  readonly iterations: number
  readonly converged: boolean
}

/**
 * @param features row-major `[rows, width]`
 * @param labels `[rows]`, below `classes`; a negative label leaves its row out
 * @param standardise scale every feature to mean 0 and variance 1 over the rows that count
 */
export const logisticProblem = (
  features: Float32Array,
  labels: Int32Array,
  classes: number,
  standardise: boolean
): LogisticProblem => {
  const rows: Array<number> = []
  for (let i = 0; i < labels.length; i++) {
    if (labels[i]! >= classes) throw new RangeError(`labels[${i}] is ${labels[i]}, there are ${classes} classes`)
    if (labels[i]! >= 0) rows.push(i)
  }
  if (rows.length === 0) throw new RangeError("logistic regression: no labelled rows")
  const width = features.length / labels.length
  if (!Number.isInteger(width)) throw new RangeError(`${features.length} values are not ${labels.length} rows`)
  const { mean, scale } = standardise
    ? moments(features, rows, width)
    : { mean: new Float64Array(width), scale: new Float64Array(width).fill(1) }
  const values = new Float32Array(rows.length * width)
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < width; j++) values[i * width + j] = (features[row * width + j]! - mean[j]!) * scale[j]!
  }
  const x = tf.tensor2d(values, [rows.length, width])
  return { x, labels: Int32Array.from(rows, (row) => labels[row]!), classes, mean, scale }
}

/** Of the evaluations of all fits: one alone is small. */
const release = sweeper()

/**
 * Minimises `c * sum(log loss) + |W - W0|^2 / 2` (the bias is free) by L-BFGS; scikit-learn's objective where W0 is 0.
 *
 * @param start where to begin; default `centre`
 * @param centre W0, what the kernel is drawn to, and a bias to begin at; default zeros
 */
export const solveLogistic = (
  { x, labels, classes }: LogisticProblem,
  c: number,
  options: { readonly maxIterations: number; readonly tolerance: number },
  start?: Float64Array<ArrayBuffer>,
  centre?: Float64Array<ArrayBuffer>
): LogisticFit => {
  const [rows, width] = x.shape
  // Both terms divided by c * rows: the loss is a mean.
  const penalty = 1 / (c * rows)
  const size = width * classes
  const origin = centre ?? new Float64Array(size + classes)
  const residual = new Float32Array(rows * classes)
  // Kernel and its gradient, logits, and the search's point, gradient, direction and correction in float64.
  const garbage = 48 * size + 4 * rows * classes
  const objective = (point: Float64Array, gradient: Float64Array): number => {
    const kernel = new Float32Array(point.subarray(0, size))
    // The two products on the device; what lies between them, small, on the host and in float64: near the optimum the
    // line search compares losses that float32 cannot tell apart.
    const logits = numbers(() => tf.matMul(x, tf.tensor2d(kernel, [width, classes])))
    let loss = 0
    gradient.fill(0, size)
    for (let row = 0; row < rows; row++) {
      const from = row * classes
      let max = Number.NEGATIVE_INFINITY
      for (let k = 0; k < classes; k++) max = Math.max(max, logits[from + k]! + point[size + k]!)
      let sum = 0
      for (let k = 0; k < classes; k++) sum += Math.exp(logits[from + k]! + point[size + k]! - max)
      const label = from + labels[row]!
      loss += (Math.log(sum) + max - logits[label]! - point[size + labels[row]!]!) / rows
      for (let k = 0; k < classes; k++) {
        const share = Math.exp(logits[from + k]! + point[size + k]! - max) / sum - (k === labels[row] ? 1 : 0)
        residual[from + k] = share / rows
        gradient[size + k]! += share / rows
      }
    }
    // Of the two forms of this product the one that transposes the small factor: 7x faster than x^T residual.
    const dKernel = numbers(() => tf.matMul(tf.tensor2d(residual, [rows, classes]), x, true)) // [classes, width]
    let squared = 0
    for (let j = 0, i = 0; j < width; j++) {
      for (let k = 0; k < classes; k++, i++) {
        const gap = point[i]! - origin[i]!
        squared += gap * gap
        gradient[i] = dKernel[k * width + j]! + penalty * gap
      }
    }
    release(garbage)
    return loss + (penalty * squared) / 2
  }
  const { point, value, iterations, converged } = lbfgs(objective, start ?? origin, { ...options, noise: 1e-7 })
  return { point, loss: value, iterations, converged }
}

/** Not `tidy(() => tensor.dataSync())`: tidy looks through whatever it returns for tensors, number by number. */
const numbers = (compute: () => tf.Tensor): Float32Array => {
  const tensor = tf.tidy(compute)
  const values = tensor.dataSync() as Float32Array
  tensor.dispose()
  return values
}

/** Folds the standardisation into kernel and bias: a plain linear layer over the raw features. */
export const foldLogistic = (
  { point }: Pick<LogisticFit, "point">,
  { mean, scale }: Pick<LogisticProblem, "mean" | "scale">,
  classes: ReadonlyArray<string>
): Head => {
  const count = classes.length
  const width = mean.length
  const kernel = new Float32Array(width * count)
  const bias = Float64Array.from(point.subarray(width * count))
  for (let j = 0; j < width; j++) {
    for (let k = 0; k < count; k++) {
      const weight = point[j * count + k]! * scale[j]!
      kernel[j * count + k] = weight
      bias[k]! -= mean[j]! * weight
    }
  }
  return { classes, kernel, bias: Float32Array.from(bias) }
}

/** A linear layer over the raw features as a point of the standardised problem: what `foldLogistic` undoes. */
export const unfoldLogistic = (
  { bias, classes, kernel }: Head,
  { mean, scale }: Pick<LogisticProblem, "mean" | "scale">
): Float64Array<ArrayBuffer> => {
  const count = classes.length
  const width = mean.length
  const point = new Float64Array((width + 1) * count)
  for (let k = 0; k < count; k++) point[width * count + k] = bias[k]!
  for (let j = 0; j < width; j++) {
    if (scale[j] === 0) continue
    for (let k = 0; k < count; k++) {
      const weight = kernel[j * count + k]!
      point[j * count + k] = weight / scale[j]!
      point[width * count + k]! += mean[j]! * weight
    }
  }
  return point
}

/** Mean and inverse standard deviation of each feature, by Welford's recurrence. */
const moments = (features: Float32Array, rows: ReadonlyArray<number>, width: number) => {
  const mean = new Float64Array(width)
  const squares = new Float64Array(width)
  for (const [n, row] of rows.entries()) {
    for (let j = 0; j < width; j++) {
      const value = features[row * width + j]!
      const gap = value - mean[j]!
      mean[j]! += gap / (n + 1)
      squares[j]! += gap * (value - mean[j]!)
    }
  }
  // A feature that never varies carries nothing: it stays at zero rather than being blown up.
  const scale = squares.map((sum) => (sum / rows.length > 1e-12 ? 1 / Math.sqrt(sum / rows.length) : 0))
  return { mean, scale }
}
