import { afterEach, beforeAll, expect, test } from "bun:test"
import { close } from "@nuner/testing"
import { adamW, attention, disposeAll, linear, tf, useEngine, variableGrads } from "../../src/index.ts"
import { type OnnxBackend, TensorData } from "../../src/onnx/OnnxBackend.ts"
import { PackedWeights } from "../../src/onnx/PackedWeights.ts"
import { wave } from "../lib/wave.ts"

const backend = () => tf.backend() as unknown as OnnxBackend
/** Beside what other tests left alive. */
const packs = () => backend().kernels.packed.size - others
let others = 0

beforeAll(async () => {
  await useEngine({ prefer: "onnx" })
  others = backend().kernels.packed.size
})

afterEach(() => expect(packs()).toBe(0))

/** `x W + b` in double precision. */
const expected = (x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor): Array<number> => {
  const [rows, inputs, outputs] = [x.shape[0]!, kernel.shape[0]!, kernel.shape[1]!]
  const [a, w, b] = [x.dataSync(), kernel.dataSync(), bias.dataSync()]
  return Array.from({ length: rows * outputs }, (_, at) => {
    const [row, column] = [Math.floor(at / outputs), at % outputs]
    let sum = b[column]!
    for (let i = 0; i < inputs; i++) sum += a[row * inputs + i]! * w[i * outputs + column]!
    return sum
  })
}

const layer = () => tf.tidy(() => ({ kernel: tf.variable(wave([33, 20], 2)), bias: tf.variable(wave([20], 3)) }))

test("weights that are only read are compiled in, once for all numbers of rows, until they go", () => {
  const { bias, kernel } = layer()
  for (const rows of [1, 5, 130]) {
    const x = wave([rows, 33], rows)
    const y = linear(x, kernel, bias)
    close(y.dataSync(), expected(x, kernel, bias), 1e-5)
    expect(packs()).toBe(1)
    tf.dispose([x, y])
  }
  disposeAll({ kernel, bias })
})

test("what an optimizer writes is seen by the next pass, and not compiled in again", () => {
  const parameters = layer()
  const x = wave([4, 33], 1)
  const pass = () => tf.tidy(() => [...linear(x, parameters.kernel, parameters.bias).dataSync()])
  const before = pass()
  expect(packs()).toBe(1)
  const optimizer = adamW()
  const state = optimizer.init(parameters)
  const { grads, value } = variableGrads(
    () => tf.sum(linear(x, parameters.kernel, parameters.bias)) as tf.Scalar,
    parameters
  )
  optimizer.update(parameters, grads, state, 0.1)
  const after = pass()
  expect(packs()).toBe(0)
  expect(after).not.toEqual(before)
  close(after, expected(x, parameters.kernel, parameters.bias), 1e-5)
  tf.dispose([x, value])
  disposeAll(grads)
  disposeAll(parameters)
  disposeAll(state.tensors)
})

test("a recorded pass gives the second layout of what it trains back", () => {
  const parameters = layer()
  const x = wave([4, 33], 1)
  tf.tidy(() => linear(x, parameters.kernel, parameters.bias).dataSync())
  expect(packs()).toBe(1)
  const { grads, value } = variableGrads(
    () => tf.sum(linear(x, parameters.kernel, parameters.bias)) as tf.Scalar,
    parameters
  )
  expect(packs()).toBe(0)
  tf.dispose([x, value])
  disposeAll(grads)
  disposeAll(parameters)
})

test("assigned weights are new weights", () => {
  const { bias, kernel } = layer()
  const x = wave([4, 33], 1)
  tf.tidy(() => linear(x, kernel, bias).dataSync())
  const other = wave([33, 20], 7)
  kernel.assign(other)
  other.dispose()
  tf.tidy(() => close(linear(x, kernel, bias).dataSync(), expected(x, kernel, bias), 1e-5))
  expect(packs()).toBe(1)
  tf.dispose(x)
  disposeAll({ kernel, bias })
})

test("nothing is compiled in where a gradient is recorded, for tensors that are no variables, or for many rows", () => {
  const { bias, kernel } = layer()
  const x = wave([4, 33], 1)
  const { grads, value } = variableGrads(() => tf.sum(linear(x, kernel, bias)) as tf.Scalar, { kernel, bias })
  tf.tidy(() => linear(x, wave([33, 20], 2), bias).dataSync())
  tf.tidy(() => linear(wave([512, 33], 1), kernel, bias).dataSync())
  expect(packs()).toBe(0)
  tf.dispose([x, value])
  disposeAll(grads)
  disposeAll({ kernel, bias })
})

test("weights are kept twice up to a bound, and given back", () => {
  const dropped: Array<string> = []
  let trims = 0
  const packed = new PackedWeights<string>(
    (value) => dropped.push(value),
    () => trims++
  )
  const gigabyte = 2 ** 28
  const weights = Array.from({ length: 3 }, () => new TensorData("float32", gigabyte))
  packed.set(weights[0]!, "a", "first")
  expect(packed.admits(weights[1]!)).toBe(true)
  packed.set(weights[1]!, "a", "second")
  expect(packed.admits(weights[2]!)).toBe(false)
  packed.drop(weights[0]!)
  expect(packed.admits(weights[2]!)).toBe(true)
  weights[2]!.written = true
  expect(packed.admits(weights[2]!)).toBe(false)
  expect(trims).toBe(1)
  packed.clear()
  expect(trims).toBe(2)
  expect(dropped).toEqual(["first", "second"])
})

test("attention in one kernel is attention by heads, with padding and from left to right", () => {
  for (const tokens of [1, 17, 130]) {
    for (const causal of [false, true]) {
      for (const masked of ["none", "some", "a row"] as const) {
        tf.tidy(() => {
          const [q, k, v] = [1, 2, 3].map((phase) => wave([3, tokens, 32], phase, 3)) as [
            tf.Tensor3D,
            tf.Tensor3D,
            tf.Tensor3D
          ]
          const mask = new Int32Array(3 * tokens).fill(1)
          if (masked === "some") mask.fill(0, Math.ceil(tokens / 2), tokens)
          if (masked === "a row") mask.fill(0, tokens, 2 * tokens)
          const options = { heads: 4, mask, causal }
          const byHeads = attention(q, k, v, { ...options, maxScores: 1 })
          close(attention(q, k, v, options).dataSync(), byHeads.dataSync(), 5e-6)
        })
      }
    }
  }
})

test("a mask or operands that do not fit are refused by name", () => {
  tf.tidy(() => {
    const q = tf.ones([2, 3, 4])
    const run = (inputs: Record<string, tf.Tensor>) => () =>
      tf.engine().runKernel("FusedAttention", { q, k: q, v: q, ...inputs }, { heads: 2, causal: false, scale: 0.5 })
    expect(run({ mask: tf.ones([2, 4], "int32") })).toThrow("mask has shape [2,4], not [2,3]")
    expect(run({ mask: tf.ones([2, 3], "bool") })).toThrow("takes an int32 mask, not bool")
    expect(run({ k: tf.ones([2, 2, 4]) })).toThrow("k has shape [2,2,4], not [2,3,4]")
    const packed = { x: tf.ones([2, 3]), kernel: tf.ones([4, 5]), bias: tf.ones([5]) }
    expect(() => tf.engine().runKernel("PackedLinear", packed)).toThrow("x has shape [2,3], not [2,4]")
  })
})
