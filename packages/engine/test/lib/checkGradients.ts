import { close } from "@nuner/testing"
import { tf, variableGrads } from "../../src/index.ts"
import { wave } from "./wave.ts"

/**
 * Holds the gradients of `f` against central differences: `f(inputs)` is weighted by fixed numbers and summed. Also checks that tfjs's
 * own backward pass finds the same, and that nothing leaks.
 */
export const checkGradients = (
  f: (...inputs: Array<tf.Tensor>) => tf.Tensor,
  inputs: Record<string, tf.Tensor>,
  { tolerance = 2e-3, h = 1e-2 } = {}
): void => {
  const names = Object.keys(inputs)
  const variables = Object.fromEntries(names.map((name) => [name, tf.variable(inputs[name]!)]))
  const args = Object.values(variables)
  const loss = () => {
    const y = f(...args)
    return tf.sum(tf.mul(y, wave(y.shape, 9))) as tf.Scalar
  }
  const { value, grads } = owned(() => variableGrads(loss, variables))
  const stock = tf.grads((...xs: Array<tf.Tensor>) => {
    const y = f(...xs)
    return tf.sum(tf.mul(y, wave(y.shape, 9)))
  })(args)
  value.dispose()
  names.forEach((name, i) => {
    const analytic = grads[name]!.dataSync()
    close(stock[i]!.dataSync(), analytic, 1e-6)
    const x = inputs[name]!.dataSync()
    const numeric = Float32Array.from(x, (_, at) => {
      const nudged = (by: number) =>
        tf.tidy(() => {
          variables[name]!.assign(
            tf.tensor(
              Float32Array.from(x, (v, j) => (j === at ? v + by : v)),
              inputs[name]!.shape
            )
          )
          return loss().dataSync()[0]!
        })
      return (nudged(h) - nudged(-h)) / (2 * h)
    })
    variables[name]!.assign(inputs[name]!)
    close(analytic, numeric, tolerance)
  })
  for (const tensor of [...stock, ...Object.values(grads), ...args, ...Object.values(inputs)]) tensor.dispose()
}

/** As many tensors must be new as `variableGrads` hands over. */
const owned = (body: () => ReturnType<typeof variableGrads>): ReturnType<typeof variableGrads> => {
  const before = tf.memory().numTensors
  const result = body()
  const extra = tf.memory().numTensors - before - 1 - Object.keys(result.grads).length
  if (extra !== 0) throw new Error(`${extra} tensors leaked`)
  return result
}
