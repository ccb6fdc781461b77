import { linear, tf } from "@nuner/engine"
import type { Head } from "../head/Head.ts"
import { lbfgs } from "./lbfgs.ts"

/** Labelled rows, standardised, on the device. */
export interface LogisticProblem {
  /** `[rows, width]` */
  readonly x: tf.Tensor2D
  /** One-hot, `[rows, classes]` */
  readonly y: tf.Tensor2D
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
  const oneHot = new Float32Array(rows.length * classes)
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < width; j++) values[i * width + j] = (features[row * width + j]! - mean[j]!) * scale[j]!
    oneHot[i * classes + labels[row]!] = 1
  }
  return { x: tf.tensor2d(values, [rows.length, width]), y: tf.tensor2d(oneHot, [rows.length, classes]), mean, scale }
}

/**
 * Minimises `c * sum(log loss) + |W|^2 / 2` (the bias is free), scikit-learn's objective, by L-BFGS.
 *
 * @param start where to begin; default zeros
 */
export const solveLogistic = (
  { x, y }: LogisticProblem,
  c: number,
  options: { readonly maxIterations: number; readonly tolerance: number },
  start?: Float64Array<ArrayBuffer>
): LogisticFit => {
  const [rows, width] = x.shape
  const classes = y.shape[1]
  // Both terms divided by c * rows: the loss is a mean.
  const penalty = 1 / (c * rows)
  const size = width * classes
  const objective = (point: Float64Array, gradient: Float64Array): number => {
    const [ofRow, dKernel, dBias] = tf.tidy(() => {
      const kernel = tf.tensor2d(Float32Array.from(point.subarray(0, size)), [width, classes])
      const bias = tf.tensor1d(Float32Array.from(point.subarray(size)))
      const logs = tf.logSoftmax(linear(x, kernel, bias)) // [rows, classes]
      const residual = tf.div(tf.sub(tf.exp(logs), y), rows) as tf.Tensor2D
      return [
        tf.sum(tf.mul(logs, y), 1).dataSync(), // [rows]
        // Of the two products this one transposes the small factor: 7x faster than x^T residual.
        tf.matMul(residual, x, true).dataSync(), // [classes, width]
        tf.sum(residual, 0).dataSync()
      ] as const
    }) as unknown as [Float32Array, Float32Array, Float32Array]
    // Added up in float64: near the optimum the line search compares losses that float32 cannot tell apart.
    let loss = 0
    for (const log of ofRow) loss -= log / rows
    let squared = 0
    for (let j = 0, i = 0; j < width; j++) {
      for (let k = 0; k < classes; k++, i++) {
        squared += point[i]! * point[i]!
        gradient[i] = dKernel[k * width + j]! + penalty * point[i]!
      }
    }
    for (let k = 0; k < classes; k++) gradient[size + k] = dBias[k]!
    return loss + (penalty * squared) / 2
  }
  const zeros = new Float64Array(size + classes)
  const { point, value, iterations, converged } = lbfgs(objective, start ?? zeros, { ...options, noise: 1e-7 })
  return { point, loss: value, iterations, converged }
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
