import { tf } from "@nuner/engine"

/** p = sigmoid(<weights, x> + bias). */
export interface Logistic {
  readonly weights: ReadonlyArray<number>
  readonly bias: number
}

type Numbers = Float64Array<ArrayBuffer>

const STEPS = 25
const ENOUGH = 1e-6

/**
 * Logistic regression by Newton's method: mean log loss plus `ridge / 2` times the squared length of the weights; the bias is free.
 *
 * @param features `[rows, width]`
 * @param labels 0 or 1 `[rows]`
 */
export const fitLogistic = (features: Float32Array, labels: Uint8Array, width: number, ridge = 1e-4): Logistic =>
  tf.tidy(() => {
    const rows = labels.length
    const x = tf.concat([tf.tensor2d(features, [rows, width]), tf.ones([rows, 1])], 1) // [rows, width + 1]
    const y = tf.tensor2d(Float32Array.from(labels), [rows, 1])
    const beta = new Float64Array(width + 1)
    for (let step = 0; step < STEPS; step++) {
      const sums = tf.tidy(() => {
        const p = tf.sigmoid(tf.matMul(x, tf.tensor2d(Float32Array.from(beta), [width + 1, 1])))
        const weighted = tf.mul(x, tf.mul(p, tf.sub(1, p)))
        return [tf.matMul(x, tf.sub(p, y), true), tf.matMul(weighted, x, true)].map((sum) => tf.div(sum, rows))
      })
      const [gradient, hessian] = sums.map((sum) => Float64Array.from(sum.dataSync())) as [Numbers, Numbers]
      for (let i = 0; i < width; i++) {
        gradient[i]! += ridge * beta[i]!
        hessian[i * (width + 2)]! += ridge
      }
      hessian[(width + 1) ** 2 - 1]! += 1e-9 // all of one label: the bias has no end
      const move = solve(hessian, gradient)
      for (let i = 0; i <= width; i++) beta[i]! -= move[i]!
      if (move.every((part) => Math.abs(part) < ENOUGH)) break
    }
    return { weights: Array.from(beta.subarray(0, width), Math.fround), bias: beta[width]! }
  })

/** x of `a x = b` for a symmetric positive definite `a` `[n, n]`, which is overwritten, by Cholesky's decomposition. */
const solve = (a: Numbers, b: Numbers): Numbers => {
  const n = b.length
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!
      a[i * n + j] = i === j ? Math.sqrt(sum) : sum / a[j * n + j]!
    }
  }
  const x = b.slice()
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= a[i * n + k]! * x[k]!
    x[i]! /= a[i * n + i]!
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= a[k * n + i]! * x[k]!
    x[i]! /= a[i * n + i]!
  }
  return x
}
