import { EngineError } from "../errors.ts"
import { tf } from "../tf.ts"

const ids = [2, 0, 2]
const table = [0.5, -1, 0.25, 2, -0.75, 1.5]
const kernel = [0.3, -0.2, 0.7, 0.1]

/**
 * Trains one step of a tiny model on the current backend and compares loss and gradients with plain arithmetic:
 * `mean(tanh(gather(table, ids) . kernel) ^ 2)`, with a repeated row so that the embedding gradient must add up.
 *
 * @throws EngineError where a number is off, or whatever the backend throws.
 */
export const selfCheck = (): void => {
  const want = reference()
  const got = tf.tidy(() => {
    const t = tf.tensor2d(table, [3, 2])
    const k = tf.tensor2d(kernel, [2, 2])
    const rows = tf.tensor1d(ids, "int32")
    const loss = (t: tf.Tensor2D, k: tf.Tensor2D) => tf.mean(tf.square(tf.tanh(tf.matMul(tf.gather(t, rows), k))))
    const { value, grads } = tf.valueAndGrads((t: tf.Tensor, k: tf.Tensor) => loss(t as tf.Tensor2D, k as tf.Tensor2D))(
      [t, k]
    )
    return [...value.dataSync(), ...(grads[0]?.dataSync() ?? []), ...(grads[1]?.dataSync() ?? [])]
  })
  for (const [i, expected] of want.entries()) {
    const actual = got[i] ?? Number.NaN
    if (!(Math.abs(actual - expected) < 1e-4)) {
      throw new EngineError(`self-check: number ${i} of loss and gradients is ${actual}, not ${expected}`)
    }
  }
}

/** Loss, d loss / d table, d loss / d kernel in double precision. */
const reference = (): Array<number> => {
  const dTable = table.map(() => 0)
  const dKernel = kernel.map(() => 0)
  let loss = 0
  for (const row of ids) {
    for (let c = 0; c < 2; c++) {
      let z = 0
      for (let h = 0; h < 2; h++) z += table[row * 2 + h]! * kernel[h * 2 + c]!
      const y = Math.tanh(z)
      loss += (y * y) / 6
      const dz = ((2 * y) / 6) * (1 - y * y)
      for (let h = 0; h < 2; h++) {
        dTable[row * 2 + h]! += dz * kernel[h * 2 + c]!
        dKernel[h * 2 + c]! += dz * table[row * 2 + h]!
      }
    }
  }
  return [loss, ...dTable, ...dKernel]
}
