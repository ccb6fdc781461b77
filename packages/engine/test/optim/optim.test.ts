import { expect, test } from "bun:test"
import { close, leakCheck, testEngine } from "@nuner/testing"
import {
  adam,
  adamW,
  clipFactor,
  crossEntropy,
  disposeAll,
  EngineError,
  freeze,
  globalNorm,
  schedules,
  tf,
  useEngine,
  variableGrads
} from "../../src/index.ts"
import { decays } from "../../src/optim/adamW.ts"
import reference from "../fixtures/reference.json" with { type: "json" }
import { tinyBatch, tinyForward, tinyParameters } from "../lib/tinyEncoder.ts"
import { wave } from "../lib/wave.ts"

await testEngine()

test("20 steps of AdamW on a transformer layer follow PyTorch: losses, norms and weights", async () => {
  await leakCheck(async () => {
    const parameters = tinyParameters()
    const optimizer = adamW({ eps: 1e-6, weightDecay: 0.1 })
    const state = optimizer.init(parameters)
    const rate = schedules.linear({ peak: 0.01, warmup: 4, total: 20 })
    const losses: Array<number> = []
    const norms: Array<number> = []
    for (let step = 0; step < 20; step++) {
      const loss = () => crossEntropy(tinyForward(parameters, tinyBatch.ids, tinyBatch.mask), tinyBatch.labels)
      const { value, grads } = variableGrads(loss, parameters)
      const norm = await globalNorm(grads)
      norms.push(norm)
      optimizer.update(parameters, grads, state, rate(step), clipFactor(norm, 1))
      losses.push(value.dataSync()[0]!)
      value.dispose()
      disposeAll(grads)
    }
    close(losses, reference.encoder.losses, 1e-5)
    close(norms, reference.encoder.norms, 1e-3)
    for (const [name, expected] of Object.entries(reference.encoder.parameters)) {
      close(parameters[name]!.dataSync(), expected, 1e-5)
    }
    disposeAll(parameters)
    disposeAll(state.tensors)
  })
})

test("one step of Adam from zero moves every parameter by the learning rate, against the sign of its gradient", () => {
  const p = tf.variable(tf.tensor1d([1, 2, 3]))
  const grads = { p: tf.tensor1d([0.5, -4, 0]) }
  const optimizer = adam()
  const state = optimizer.init({ p })
  optimizer.update({ p }, grads, state, 0.1)
  close(p.dataSync(), [0.9, 2.1, 3], 1e-6)
  expect(state.step).toBe(1)
  const scaled = adam({ rateOf: (name) => (name === "p" ? 10 : 1) })
  const fresh = scaled.init({ p })
  scaled.update({ p }, grads, fresh, 0.1)
  close(p.dataSync(), [-0.1, 3.1, 3], 1e-6)
  for (const tensors of [{ p }, grads, state.tensors, fresh.tensors]) disposeAll(tensors)
})

test("kernels and tables decay, biases and norms do not", () => {
  const parameters = tinyParameters()
  const decayed = Object.entries(parameters).flatMap(([name, parameter]) => (decays(name, parameter) ? [name] : []))
  expect(decayed).toEqual(["embedding", "query", "key", "value", "output", "up", "down", "head"])
  disposeAll(parameters)
})

test("a frozen parameter has no state and does not move; thawed without a new init it is refused", () => {
  const parameters = { a: tf.variable(tf.scalar(1)), b: tf.variable(tf.scalar(2)) }
  const optimizer = adamW()
  expect(freeze(parameters, (name) => name === "a")).toBe(1)
  const state = optimizer.init(parameters)
  expect(Object.keys(state.tensors)).toEqual(["m.b", "v.b"])
  const { value, grads } = variableGrads(() => tf.mul(parameters.a, parameters.b) as tf.Scalar, parameters)
  expect(Object.keys(grads)).toEqual(["b"])
  optimizer.update(parameters, grads, state, 0.1)
  expect(parameters.a.dataSync()[0]).toBe(1)
  expect(() => optimizer.update(parameters, { a: grads.b! }, state, 0.1)).toThrow(/no state for "a"/)
  value.dispose()
  for (const tensors of [parameters, grads, state.tensors]) disposeAll(tensors)
})

test("options out of range are refused by name", () => {
  expect(() => adamW({ beta1: 1 })).toThrow(/beta1/)
  expect(() => adamW({ weightDecay: -1 })).toThrow(/weightDecay/)
  expect(() => schedules.linear({ peak: Number.NaN, total: 1 })).toThrow(/peak/)
  expect(() => schedules.linear({ peak: 1, warmup: 3, total: 2 })).toThrow(EngineError)
  expect(() => schedules.warmupStableDecay({ peak: 1, warmup: 3, decay: 3, total: 5 })).toThrow(/do not fit/)
})

test("the global norm takes the memory of one gradient, not of all", async () => {
  const gradients = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`g${i}`, wave([1000], i)]))
  const before = tf.memory().numBytes
  const { peakBytes } = await tf.profile(() => globalNorm(gradients) as never)
  expect(peakBytes - before).toBeLessThan(3 * 4000)
  disposeAll(gradients)
})

test("the global norm takes scalars in, too, on every engine: a learned offset is one", async () => {
  for (const prefer of ["wasm", "cpu", "onnx"] as const) {
    await useEngine({ prefer })
    const grads = { a: wave([3, 4], 1), b: tf.scalar(3) }
    await leakCheck(async () => expect(await globalNorm(grads)).toBeCloseTo(Math.hypot(...grads.a.dataSync(), 3), 5))
    disposeAll(grads)
  }
  await testEngine()
})

test("clipping: the factor brings the global norm down to the greatest one, and an update takes it as its scale", async () => {
  const grads = { a: wave([3, 4], 1), b: wave([5], 2) }
  const all = [...grads.a.dataSync(), ...grads.b.dataSync()]
  const norm = Math.hypot(...all)
  await leakCheck(async () => expect(await globalNorm(grads)).toBeCloseTo(norm, 5))
  expect(await globalNorm({})).toBe(0)
  expect(clipFactor(norm, 0.5)).toBeCloseTo(0.5 / norm, 5)
  expect(clipFactor(norm, 100)).toBe(1)
  const scaled = Object.fromEntries(Object.entries(grads).map(([name, g]) => [name, tf.mul(g, clipFactor(norm, 0.5))]))
  const optimizer = adamW({ eps: 1e-2 })
  const moved = [
    [grads, clipFactor(norm, 0.5)],
    [scaled, 1]
  ].map(([gradients, scale]) => {
    const parameters = { a: tf.tidy(() => tf.variable(wave([3, 4], 3))), b: tf.tidy(() => tf.variable(wave([5], 4))) }
    const state = optimizer.init(parameters)
    for (let step = 0; step < 3; step++)
      optimizer.update(parameters, gradients as typeof grads, state, 0.1, scale as number)
    const numbers = [...Object.values(parameters), ...Object.values(state.tensors)].flatMap((x) => [...x.dataSync()])
    disposeAll(parameters)
    disposeAll(state.tensors)
    return numbers
  })
  close(moved[0]!, moved[1]!, 1e-6)
  disposeAll({ ...grads, a2: scaled.a!, b2: scaled.b! })
})

test("schedules: Hugging Face's linear and cosine", () => {
  const steps = Array.from({ length: 12 }, (_, step) => step)
  close(steps.map(schedules.linear({ peak: 1, warmup: 3, total: 10 })), reference.rates.linear, 1e-12)
  close(
    steps.map(schedules.cosine({ peak: 1, warmup: 3, total: 10 })).slice(0, 11),
    reference.rates.cosine.slice(0, 11),
    1e-12
  )
})

test("schedules: warm-up-stable-decay, and no warm-up", () => {
  const first = (n: number, schedule: (step: number) => number) =>
    Array.from({ length: n }, (_, step) => schedule(step))
  expect(first(5, schedules.linear({ peak: 1, total: 4 }))).toEqual([1, 0.75, 0.5, 0.25, 0])
  expect(first(9, schedules.warmupStableDecay({ peak: 1, warmup: 2, decay: 4, total: 8 }))).toEqual([
    0, 0.5, 1, 1, 1, 0.75, 0.5, 0.25, 0
  ])
  expect(first(3, schedules.cosine({ peak: 1, total: 2 })).map((x) => Number(x.toFixed(6)))).toEqual([1, 0.5, 0])
})
