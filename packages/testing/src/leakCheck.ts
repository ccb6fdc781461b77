import { expect } from "bun:test"
import * as tf from "@tensorflow/tfjs-core"

/** Runs `body` and expects as many live tensors after it as before. The body disposes what it is given. */
export const leakCheck = async <A>(body: () => A | Promise<A>): Promise<A> => {
  const before = tf.memory().numTensors
  const result = await body()
  expect(tf.memory().numTensors - before, "tensors leaked").toBe(0)
  return result
}
