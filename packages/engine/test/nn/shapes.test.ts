import { describe, expect, test } from "bun:test"
import { leakCheck, testEngine } from "@nuner/testing"
import { attention, EngineError, embedding, gelu, linear, residual, segmentSum, tf } from "../../src/index.ts"
import { wave } from "../lib/wave.ts"

await testEngine()

const three = (shape: [number, number, number]) => wave(shape, 1) as tf.Tensor3D

describe("shapes that do not fit are refused by name", () => {
  const qkv = (options: Parameters<typeof attention>[3]) =>
    attention(three([2, 3, 4]), three([2, 3, 4]), three([2, 3, 4]), options)
  const cases: Array<[string, () => unknown, RegExp]> = [
    ["linear: width", () => linear(wave([2, 3], 1), wave([4, 5], 1)), /linear: x \[2,3\], kernel \[4,5\]; needs/],
    ["linear: bias", () => linear(wave([2, 4], 1), wave([4, 5], 1), wave([4], 1)), /bias \[4\]/],
    ["embedding: id", () => embedding(wave([4, 2], 1), new Int32Array([1, 4])), /ids\[1\] is 4, the table has 4 rows/],
    ["embedding: negative id", () => embedding(wave([4, 2], 1), new Int32Array([-1])), /ids\[0\] is -1/],
    ["embedding: table", () => embedding(wave([4], 1), new Int32Array([1])), /must be \[vocabulary, hidden\]/],
    ["attention: heads", () => qkv({ heads: 3 }), /hidden 4 does not divide into 3 heads/],
    ["attention: mask", () => qkv({ heads: 2, mask: [1, 1, 1] }), /3 entries, not batch x tokens = 6/],
    [
      "attention: k",
      () => attention(three([2, 3, 4]), three([2, 2, 4]), three([2, 3, 4]), { heads: 2 }),
      /must have one shape/
    ],
    ["residual", () => residual(wave([2, 3], 1), wave([3, 2], 1)), /\[2,3\] and \[3,2\] differ/]
  ]
  for (const [name, f, reason] of cases) {
    test(name, () => {
      const refused = () => tf.tidy(() => void f())
      expect(refused).toThrow(EngineError)
      expect(refused).toThrow(reason)
    })
  }
})

test("padding does not change what real tokens get, and a row of padding alone gives numbers", () => {
  tf.tidy(() => {
    const [q, k, v] = [1, 2, 3].map((phase) => wave([1, 5, 4], phase) as tf.Tensor3D) as [
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D
    ]
    const cut = (x: tf.Tensor3D) => tf.slice(x, [0, 0, 0], [1, 3, 4])
    const padded = cut(attention(q, k, v, { heads: 2, mask: [1, 1, 1, 0, 0] })).dataSync()
    const short = attention(cut(q), cut(k), cut(v), { heads: 2 }).dataSync()
    padded.forEach((value, i) => {
      expect(value).toBeCloseTo(short[i]!, 6)
    })
    const none = attention(q, k, v, { heads: 2, mask: [0, 0, 0, 0, 0] }).dataSync()
    expect(none.every(Number.isFinite)).toBe(true)
  })
})

test("segment sums, on any engine", () => {
  tf.tidy(() => {
    const values = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2])
    expect([...segmentSum(values, new Int32Array([2, 0, 2]), 4).dataSync()]).toEqual([3, 4, 0, 0, 6, 8, 0, 0])
  })
})

test("no layer leaks outside a tidy scope", async () => {
  const x = three([2, 3, 4])
  const kernel = wave([4, 4], 2)
  await leakCheck(() => {
    const y = linear(x, kernel)
    for (const made of [y, gelu(y), attention(x, x, x, { heads: 2, mask: [1, 1, 0, 1, 1, 1] })]) made.dispose()
    attention(x, x, x, {
      heads: 2,
      maxScores: 1,
      dropout: { rate: 0.5, key: { seed: 1, step: 1, site: "a" } }
    }).dispose()
  })
  x.dispose()
  kernel.dispose()
})
