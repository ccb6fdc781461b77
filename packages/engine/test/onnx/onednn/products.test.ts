import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test"
import { close } from "@nuner/testing"
import { linear, tf, useEngine } from "../../../src/index.ts"
import { productOf } from "../../../src/onnx/onednn/OneDnnKernels.ts"
import { backend, bf16Test, products, report } from "./bf16.ts"

let before = { tensors: 0, inUse: 0 }
const state = () => ({ tensors: tf.memory().numTensors, inUse: backend().pool.statistics.inUse })

beforeAll(async () => {
  if (report) await useEngine({ prefer: "onnx", precision: "bf16" })
})
afterAll(async () => void (await useEngine({ prefer: "onnx", precision: "fp32" })))
beforeEach(() => {
  if (report) before = state()
})
afterEach(() => {
  if (report) expect(state()).toEqual(before)
})

/** Round to nearest even on the upper half of a float32's bits. */
const rounded = (value: number): number => {
  const bits = new Uint32Array(new Float32Array([value]).buffer)[0]!
  const half = (bits >>> 16) & 1
  return new Float32Array(new Uint32Array([((bits + 0x7fff + half) & 0xffff0000) >>> 0]).buffer)[0]!
}

const numbers = (size: number, seed: number) =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(seed + i * 1.7) * 2)

interface Form {
  readonly name: string
  readonly a: Array<number>
  readonly b: Array<number>
  readonly transposeA?: boolean
  readonly transposeB?: boolean
  readonly bias?: Array<number>
  readonly activation?: "relu" | "sigmoid"
}

/** `[batch][row][column]` of the product in double precision, `round` applied to the operands first. */
const expected = (form: Form, values: ReadonlyArray<Float32Array>, round: (value: number) => number): Array<number> => {
  const { a, b, transposeA = false, transposeB = false, bias, activation } = form
  const [rows, inner] = transposeA ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!]
  const columns = transposeB ? b.at(-2)! : b.at(-1)!
  const batch = a.slice(0, -2).reduce((x, y) => x * y, 1)
  const shared = b.length === 2
  const [x, y, c] = values as [Float32Array, Float32Array, Float32Array]
  const [left, right] = [x.map(round), y.map(round)]
  const result: Array<number> = []
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = bias ? c[j]! : 0
        for (let k = 0; k < inner; k++) {
          const at = n * rows * inner + (transposeA ? k * rows + i : i * inner + k)
          const to = (shared ? 0 : n * inner * columns) + (transposeB ? j * inner + k : k * columns + j)
          sum += left[at]! * right[to]!
        }
        if (activation === "relu") sum = Math.max(sum, 0)
        if (activation === "sigmoid") sum = 1 / (1 + Math.exp(-sum))
        result.push(sum)
      }
    }
  }
  return result
}

const forms: Array<Form> = [
  { name: "plain", a: [48, 40], b: [40, 56] },
  { name: "a transposed", a: [40, 48], b: [40, 56], transposeA: true },
  { name: "b transposed", a: [48, 40], b: [56, 40], transposeB: true },
  { name: "both transposed", a: [40, 48], b: [56, 40], transposeA: true, transposeB: true },
  { name: "odd extents", a: [37, 41], b: [41, 53] },
  { name: "two rows", a: [2, 400], b: [400, 129] },
  { name: "two columns", a: [300, 131], b: [131, 2] },
  { name: "bias", a: [48, 40], b: [40, 56], bias: [56] },
  { name: "bias of a row", a: [48, 40], b: [40, 56], bias: [1, 56] },
  { name: "bias and relu", a: [48, 40], b: [40, 56], bias: [56], activation: "relu" },
  { name: "sigmoid, b transposed", a: [48, 40], b: [56, 40], transposeB: true, activation: "sigmoid" },
  { name: "batch", a: [6, 17, 24], b: [6, 24, 19] },
  { name: "batch, a transposed", a: [6, 24, 17], b: [6, 24, 19], transposeA: true },
  { name: "batch, b transposed", a: [6, 17, 24], b: [6, 19, 24], transposeB: true },
  { name: "batch, both transposed", a: [6, 24, 17], b: [6, 19, 24], transposeA: true, transposeB: true },
  { name: "batch of two axes", a: [2, 3, 17, 24], b: [2, 3, 24, 19] },
  { name: "batch, bias", a: [6, 17, 24], b: [6, 24, 19], bias: [19] },
  { name: "many rows by one matrix", a: [3, 21, 32], b: [32, 40], bias: [40] },
  { name: "many rows by one matrix, transposed", a: [3, 21, 32], b: [40, 32], transposeB: true }
]

for (const form of forms) {
  bf16Test(`a product with ${form.name} is that of the rounded operands`, () => {
    const values = [form.a, form.b, form.bias ?? [1]].map((shape, i) => numbers(tf.util.sizeFromShape(shape), i))
    const { transposeA = false, transposeB = false, activation = "linear" } = form
    const run = () =>
      tf.tidy(() => {
        const [a, b, c] = [form.a, form.b, form.bias ?? [1]].map((shape, i) => tf.tensor(values[i]!, shape))
        const fused = { transposeA, transposeB, activation }
        const inputs = { a: a!, b: b!, ...(form.bias ? { bias: c! } : {}) }
        const name = form.bias || form.activation ? "_FusedMatMul" : "BatchMatMul"
        const kernel = tf.engine().runKernel(name, inputs, fused) as tf.Tensor
        return { shape: kernel.shape, numbers: kernel.dataSync() }
      })
    const compiled = products().calls
    const { shape, numbers: actual } = run()
    expect(products().calls).toBe(compiled + 1)
    const operand = [...form.a.slice(0, -2), form.a.at(transposeA ? -1 : -2)!, form.b.at(transposeB ? -2 : -1)!]
    expect(shape).toEqual(operand)
    const exact = expected(form, values, rounded)
    const unrounded = expected(form, values, (value) => value)
    expect(actual.length).toBe(exact.length)
    const inner = form.a.at(transposeA ? -2 : -1)!
    for (const [i, want] of exact.entries()) {
      // Sums of `inner` float32 products of numbers up to 4; rounding to bf16 itself errs by 2^-8 a factor.
      expect(Math.abs(actual[i]! - want)).toBeLessThan(inner * 4 * 2 ** -22)
      expect(Math.abs(actual[i]! - unrounded[i]!)).toBeLessThan(Math.sqrt(inner) * 4 * 2 ** -6)
    }
  })
}

bf16Test("a layer that records nothing is in bf16 as well, from 32 rows on", () => {
  const kernel = tf.tidy(() => tf.variable(tf.tensor2d(numbers(64 * 48, 2), [64, 48])))
  const bias = tf.tensor1d(numbers(48, 3))
  for (const rows of [31, 32]) {
    tf.tidy(() => {
      const x = tf.tensor2d(numbers(rows * 64, 1), [rows, 64])
      const values = [x, kernel, bias].map((tensor) => tensor.dataSync() as Float32Array)
      const form: Form = { name: "", a: [rows, 64], b: [64, 48], bias: [48] }
      const round = rows < 32 ? (value: number) => value : rounded
      close(linear(x, kernel, bias).dataSync(), expected(form, values, round), 1e-4)
    })
  }
  tf.dispose([kernel, bias])
})

bf16Test("GELU's gradient is that of erf", () => {
  const size = 2 ** 13
  const at = Float32Array.from({ length: size }, (_, i) => (i / size) * 24 - 12)
  const got = tf.tidy(() => {
    const x = tf.tensor2d(at, [size / 2, 2])
    const run = (dy: tf.Tensor) => tf.engine().runKernel("FusedGeluGrad", { dy, x }) as tf.Tensor
    expect(() => run(tf.ones([2, size / 2]))).toThrow("dy has shape [2,4096], not [4096,2]")
    return run(tf.fill([size / 2, 2], 3)).dataSync()
  })
  // Slopes from the cdf by its central difference: x cdf(x) differentiated as numbers, not by the formula under test.
  const gelu = (x: number) => (x / 2) * erfc(-x * Math.SQRT1_2)
  for (const [i, x] of at.entries()) {
    const slope = (gelu(x + 1e-4) - gelu(x - 1e-4)) / 2e-4
    expect(Math.abs(got[i]! / 3 - slope)).toBeLessThan(2e-6)
  }
})

/** 1 - erf(x) by the continued fraction or the series (Abramowitz & Stegun 7.1.5, 7.1.14), in double precision. */
const erfc = (x: number): number => {
  if (x < 0) return 2 - erfc(-x)
  if (x < 2.5) {
    let term = x
    let sum = x
    for (let n = 1; n < 80; n++) {
      term *= -(x * x) / n
      sum += term / (2 * n + 1)
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum
  }
  let fraction = 0
  for (let n = 120; n >= 1; n--) fraction = n / 2 / (x + fraction)
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction)
}

bf16Test("numbers that are none stay none", () => {
  const [a, b] = [numbers(64 * 64, 1), numbers(64 * 64, 2)]
  a[0] = Number.NaN
  b[64 * 64 - 1] = Number.POSITIVE_INFINITY
  const got = tf.tidy(() => tf.matMul(tf.tensor2d(a, [64, 64]), tf.tensor2d(b, [64, 64])).dataSync())
  expect(got.slice(0, 64).every(Number.isNaN)).toBe(true)
  expect(Math.abs(got[64 + 63]!)).toBe(Number.POSITIVE_INFINITY)
  expect(Number.isFinite(got[64])).toBe(true)
})

bf16Test("small products, and shapes and biases without a bf16 form, are computed in fp32", () => {
  const calls = products().calls
  tf.tidy(() => {
    tf.matMul(tf.ones([8, 8]), tf.ones([8, 8]))
    tf.matMul(tf.ones([1, 64, 64]), tf.ones([4, 64, 64]))
    tf.fused.matMul({ a: tf.ones([64, 64]), b: tf.ones([64, 64]), bias: tf.ones([64, 1]) })
    tf.fused.matMul({ a: tf.ones([64, 64]), b: tf.ones([64, 64]), activation: "leakyrelu", leakyreluAlpha: 0.1 })
    const whole = tf.matMul(tf.ones([64, 64], "int32"), tf.ones([64, 64], "int32"))
    expect(whole.dtype).toBe("int32")
  })
  expect(products().calls).toBe(calls)
})

test("which products: large ones whose batches agree", () => {
  const f = (...shape: Array<number>) => ({ shape, dtype: "float32" as const })
  const plain = { transposeA: false, transposeB: false }
  const of = (a: Array<number>, b: Array<number>, attributes = plain) => productOf(f(...a), f(...b), attributes)
  expect(of([32, 32], [32, 31])).toBeUndefined()
  expect(of([1, 256], [256, 256])).toBeUndefined()
  expect(of([256, 256], [256, 1])).toBeUndefined()
  expect(of([4, 1, 256], [256, 256])).toMatchObject({ batch: 1, rows: 4 })
  expect(of([32, 32], [32, 32])).toEqual({ batch: 1, rows: 32, inner: 32, columns: 32, ...plain })
  expect(of([4, 8, 32], [32, 64])).toMatchObject({ batch: 1, rows: 32 })
  expect(of([4, 64, 64], [64, 64], { ...plain, transposeA: true })).toBeUndefined()
  expect(of([64, 64], [63, 64])).toBeUndefined()
  expect(of([2, 2, 64, 64], [4, 64, 64])).toBeUndefined()
  expect(of([4], [4, 4])).toBeUndefined()
})
