import { decodeOptions } from "@nuner/core"
import { tf } from "@nuner/engine"
import { Effect, Schema } from "effect"
import type { LinearProbe } from "./LinearProbe.ts"
import { lbfgs } from "./lbfgs.ts"

const ProbeOptions = Schema.Struct({
  /** Inverse strength of the L2 penalty, as scikit-learn's `C`: minimises C * sum(log loss) + |W|^2 / 2; the bias is not penalised. */
  c: Schema.Finite.check(Schema.isGreaterThan(0)).pipe(Schema.withDecodingDefault(Effect.succeed(0.1))),
  /** L-BFGS iterations at the most. */
  maxIterations: Schema.Int.check(Schema.isGreaterThan(0)).pipe(Schema.withDecodingDefault(Effect.succeed(200))),
  /** Stops when no component of the mean gradient exceeds this. */
  tolerance: Schema.Finite.check(Schema.isGreaterThan(0)).pipe(Schema.withDecodingDefault(Effect.succeed(1e-5))),
  /** Scale every feature to mean 0 and variance 1 over the training rows before fitting. */
  standardise: Schema.Boolean.pipe(Schema.withDecodingDefault(Effect.succeed(true)))
})

export type FitProbeOptions = (typeof ProbeOptions)["Encoded"]

export interface ProbeFit {
  readonly probe: LinearProbe
  /** Mean penalised loss at the end. */
  readonly loss: number
  readonly iterations: number
  readonly converged: boolean
}

/**
 * Multinomial logistic regression by L-BFGS: convex, so the result does not depend on a seed or a learning rate; that is why the
 * frozen protocol uses it rather than Adam on the same layer.
 *
 * @param features row-major `[rows, width]`
 * @param labels `[rows]`, indices into `classes`; a negative label leaves its row out
 */
export const fitProbe = (
  features: Float32Array,
  labels: Int32Array,
  classes: ReadonlyArray<string>,
  options: FitProbeOptions = {}
): ProbeFit => {
  const { c, maxIterations, standardise, tolerance } = decodeOptions("fitProbe", ProbeOptions, options)
  const rows = kept(labels)
  if (rows.length === 0) throw new RangeError("fitProbe: no labelled rows")
  const width = features.length / labels.length
  if (!Number.isInteger(width)) throw new RangeError(`fitProbe: ${features.length} values for ${labels.length} rows`)
  const count = classes.length
  const { mean, scale, values } = standardised(features, rows, width, standardise)
  const oneHot = new Float32Array(rows.length * count)
  rows.forEach((row, i) => {
    const label = labels[row]!
    if (label >= count) throw new RangeError(`fitProbe: label ${label} of row ${row} has no class (${count} classes)`)
    oneHot[i * count + label] = 1
  })
  const x = tf.tensor2d(values, [rows.length, width])
  const y = tf.tensor2d(oneHot, [rows.length, count])
  // The mean form of C * sum(loss) + |W|^2 / 2: both divided by C * rows.
  const penalty = 1 / (c * rows.length)
  const kernelSize = width * count
  const objective = (point: Float64Array, gradient: Float64Array): number => {
    const [loss, kernelGradient, biasGradient] = tf.tidy(() => {
      const kernel = tf.tensor2d(Float32Array.from(point.subarray(0, kernelSize)), [width, count])
      const bias = tf.tensor1d(Float32Array.from(point.subarray(kernelSize)))
      const logProbabilities = tf.logSoftmax(tf.add(tf.matMul(x, kernel), bias)) // [rows, classes]
      const residual = tf.div(tf.sub(tf.exp(logProbabilities), y), rows.length)
      return [
        tf.neg(tf.div(tf.sum(tf.mul(logProbabilities, y)), rows.length)),
        tf.matMul(x, residual, true), // [width, classes]
        tf.sum(residual, 0)
      ] as const
    })
    const dKernel = kernelGradient.dataSync()
    const dBias = biasGradient.dataSync()
    let squared = 0
    for (let i = 0; i < kernelSize; i++) {
      squared += point[i]! * point[i]!
      gradient[i] = dKernel[i]! + penalty * point[i]!
    }
    for (let i = 0; i < count; i++) gradient[kernelSize + i] = dBias[i]!
    const value = loss.dataSync()[0]! + (penalty * squared) / 2
    tf.dispose([loss, kernelGradient, biasGradient])
    return value
  }
  const fit = lbfgs(objective, new Float64Array(kernelSize + count), { maxIterations, tolerance })
  tf.dispose([x, y])
  return {
    probe: fold(fit.point, classes, width, mean, scale),
    loss: fit.value,
    iterations: fit.iterations,
    converged: fit.converged
  }
}

const kept = (labels: Int32Array): Array<number> => {
  const rows: Array<number> = []
  for (let i = 0; i < labels.length; i++) if (labels[i]! >= 0) rows.push(i)
  return rows
}

const standardised = (features: Float32Array, rows: ReadonlyArray<number>, width: number, on: boolean) => {
  const mean = new Float64Array(width)
  const scale = new Float64Array(width).fill(1)
  const values = new Float32Array(rows.length * width)
  if (on) {
    const squares = new Float64Array(width)
    for (const row of rows) for (let j = 0; j < width; j++) mean[j]! += features[row * width + j]! / rows.length
    for (const row of rows) {
      for (let j = 0; j < width; j++) squares[j]! += (features[row * width + j]! - mean[j]!) ** 2 / rows.length
    }
    // A feature that never varies carries nothing: it stays at zero rather than being blown up.
    for (let j = 0; j < width; j++) scale[j] = squares[j]! > 1e-12 ? 1 / Math.sqrt(squares[j]!) : 0
  }
  rows.forEach((row, i) => {
    for (let j = 0; j < width; j++) values[i * width + j] = (features[row * width + j]! - mean[j]!) * scale[j]!
  })
  return { mean, scale, values }
}

const fold = (
  point: Float64Array,
  classes: ReadonlyArray<string>,
  width: number,
  mean: Float64Array,
  scale: Float64Array
): LinearProbe => {
  const count = classes.length
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
