import { beforeAll, describe, expect, test } from "bun:test"
import { tf } from "@nuner/engine"
import { descend, stopRule } from "@nuner/tadner"
import { leakCheck, testEngine } from "@nuner/testing"

beforeAll(async () => {
  await testEngine()
})

describe("stopRule", () => {
  const stopsAt = (patience: number, losses: ReadonlyArray<number>) => losses.findIndex(stopRule(patience))

  test("patience 0: at the first rise", () => {
    expect(stopsAt(0, [5, 4, 4, 3, 3.5, 1])).toBe(4)
  })
  test("above the best for more than 2 consecutive steps", () => {
    expect(stopsAt(2, [5, 4, 4.5, 4.2, 3.9, 6, 5, 4, 1])).toBe(7)
  })
  test("what counts is the best, not the step before", () => {
    expect(stopsAt(2, [1, 5, 4, 3, 2])).toBe(3)
  })
  test("a loss that only falls never stops", () => {
    expect(stopsAt(0, [3, 2, 1, 0])).toBe(-1)
  })
})

describe("descend", () => {
  /** (x - 3)^2 with Adam, written out. */
  const byHand = (rate: number, steps: number, patience: number) => {
    let [x, m, v, made, best, above] = [0, 0, 0, 0, Number.POSITIVE_INFINITY, 0]
    for (; made < steps; made++) {
      const loss = (x - 3) ** 2
      above = loss > best ? above + 1 : 0
      best = Math.min(best, loss)
      if (above > patience) break
      const g = 2 * (x - 3)
      m = 0.9 * m + 0.1 * g
      v = 0.999 * v + 0.001 * g * g
      x -= (rate * (m / (1 - 0.9 ** (made + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (made + 1))) + 1e-8)
    }
    return { x, made }
  }

  for (const [rate, steps, patience] of [
    [0.1, 10, 0],
    [0.5, 100, 0],
    [0.5, 100, 6]
  ] as const) {
    test(`rate ${rate}, at most ${steps} steps, patience ${patience}: stops before the update`, async () => {
      await leakCheck(async () => {
        const x = tf.tidy(() => tf.variable(tf.scalar(0)))
        const loss = () => tf.tidy(() => tf.square(tf.sub(x, 3)) as tf.Scalar)
        const descent = await descend({ parameters: { x }, loss, learningRate: rate, steps, patience, seed: 0 })
        const expected = byHand(rate, steps, patience)
        expect(descent.steps).toBe(expected.made)
        expect(x.dataSync()[0]!).toBeCloseTo(expected.x, 4)
        expect(descent.firstLoss).toBe(9)
        x.dispose()
      })
    })
  }

  test("a loss that is no number ends it, and an aborted signal too", async () => {
    await leakCheck(async () => {
      const x = tf.tidy(() => tf.variable(tf.scalar(0)))
      const options = { parameters: { x }, learningRate: 1, steps: 3, patience: 0, seed: 0 }
      const nan = () => tf.tidy(() => tf.mul(x, Number.NaN) as tf.Scalar)
      await expect(descend({ ...options, loss: nan })).rejects.toThrow("step 1")
      const square = () => tf.tidy(() => tf.square(x) as tf.Scalar)
      await expect(descend({ ...options, loss: square, signal: AbortSignal.abort() })).rejects.toThrow("abort")
      x.dispose()
    })
  })
})
