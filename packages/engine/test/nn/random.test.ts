import { expect, test } from "bun:test"
import { testEngine } from "@nuner/testing"
import { dropout, EngineError, fanInInit, normalInit, tf } from "../../src/index.ts"
import { dropped } from "../../src/nn/dropout.ts"
import { randomBits, randomKey, randomOrder, randomUniform } from "../../src/nn/random.ts"
import { wave } from "../lib/wave.ts"

await testEngine()

const key = { seed: 7, step: 3, site: "layer.0" }
const mask = (count: number, rate: number, k = key, offset = 0) =>
  tf.tidy(() => dropped(tf.ones([count]), rate, k, offset).dataSync())
const correlation = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  const n = a.length
  const mean = (x: ArrayLike<number>) => Array.from(x).reduce((sum, v) => sum + v, 0) / n
  const [ma, mb] = [mean(a), mean(b)]
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < n; i++) {
    ab += (a[i]! - ma) * (b[i]! - mb)
    aa += (a[i]! - ma) ** 2
    bb += (b[i]! - mb) ** 2
  }
  return ab / Math.sqrt(aa * bb)
}

test("the vector loop makes the mask that its definition says, from any element on", () => {
  const { seed, step, site } = key
  const random = randomKey(seed, step, site)
  for (const [count, rate, offset] of [
    [1, 0.5, 0],
    [7, 0.1, 3],
    [8, 0.3, 2],
    [40_001, 0.1, 0],
    [33_333, 0.9, 16_383]
  ] as const) {
    const threshold = Math.round(rate * 0x1_0000)
    const expected = Float32Array.from({ length: count }, (_, i) => {
      const bits = randomBits(random, (i + offset) >> 1)
      const half = (i + offset) % 2 === 0 ? bits & 0xffff : bits >>> 16
      return half >= threshold ? 0x1_0000 / (0x1_0000 - threshold) : 0
    })
    expect(mask(count, rate, key, offset)).toEqual(expected)
  }
})

test("a dropout mask drops its share, keeps the mean, and depends on each part of its key", () => {
  const n = 100_000
  for (const rate of [0.1, 0.25, 0.5]) {
    const m = mask(n, rate)
    const dropped = m.filter((v) => v === 0).length / n
    expect(Math.abs(dropped - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / n))
    expect(new Set(m).size).toBe(2)
    expect(Math.max(...new Set(m))).toBeCloseTo(1 / (1 - rate), 3)
    for (const other of [{ seed: 8 }, { step: 4 }, { site: "layer.1" }]) {
      expect(Math.abs(correlation(m, mask(n, rate, { ...key, ...other })))).toBeLessThan(0.015)
    }
    for (const lag of [1, 2, 3, 64]) {
      expect(Math.abs(correlation(m.subarray(lag), m.subarray(0, n - lag)))).toBeLessThan(0.015)
    }
    expect(mask(n, rate)).toEqual(m)
  }
})

test("a part of a mask is the mask of the part, at any offset", () => {
  const whole = mask(101, 0.5)
  for (const [offset, count] of [
    [0, 7],
    [1, 8],
    [33, 68],
    [100, 1]
  ] as const) {
    const part = mask(count, 0.5, key, offset)
    expect(part).toEqual(whole.slice(offset, offset + count))
  }
})

test("dropout at rate 0 changes nothing; a rate outside [0, 1) is refused", () => {
  tf.tidy(() => {
    const x = wave([3, 4], 1)
    expect(dropout(x, 0, key).dataSync()).toEqual(x.dataSync())
    for (const rate of [-0.1, 1, Number.NaN]) expect(() => dropout(x, rate, key)).toThrow(EngineError)
  })
})

test("uniform numbers fill their buckets evenly", () => {
  const buckets = new Float64Array(64)
  const [n, random] = [64_000, randomKey(1, "uniform")]
  for (let i = 0; i < n; i++) buckets[Math.floor(randomUniform(random, i) * 64)]!++
  const chiSquare = buckets.reduce((sum, count) => sum + (count - n / 64) ** 2 / (n / 64), 0)
  expect(chiSquare).toBeGreaterThan(30)
  expect(chiSquare).toBeLessThan(110)
})

test("an order is a permutation, and each first element comes up", () => {
  expect([...randomOrder(randomKey(1), 50)].toSorted((a, b) => a - b)).toEqual([...Array(50).keys()])
  const first = new Set(Array.from({ length: 200 }, (_, seed) => randomOrder(randomKey(seed), 8)[0]))
  expect(first.size).toBe(8)
})

test("initial values: deviation, mean, and independence of names", () => {
  tf.tidy(() => {
    const moments = (x: tf.Tensor) => {
      const { mean, variance } = tf.moments(x)
      return [mean.dataSync()[0]!, Math.sqrt(variance.dataSync()[0]!)] as const
    }
    const a = normalInit([300, 100], { seed: 1, name: "a" })
    expect(Math.abs(moments(a)[0])).toBeLessThan(0.0005)
    expect(moments(a)[1]).toBeCloseTo(0.02, 3)
    expect(moments(fanInInit([400, 50], { seed: 1, name: "a" }))[1]).toBeCloseTo(0.05, 3)
    const b = normalInit([300, 100], { seed: 1, name: "b" })
    expect(Math.abs(correlation(a.dataSync(), b.dataSync()))).toBeLessThan(0.03)
    expect(normalInit([300, 100], { seed: 1, name: "a" }).dataSync()).toEqual(a.dataSync())
    expect(() => fanInInit([4], { seed: 1, name: "a" })).toThrow(/\[in, out\]/)
  })
})
