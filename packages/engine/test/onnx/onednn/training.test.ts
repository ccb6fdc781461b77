import { afterAll, expect } from "bun:test"
import {
  adamW,
  attention,
  crossEntropy,
  disposeAll,
  gelu,
  layerNorm,
  linear,
  normalInit,
  type Parameters,
  type Precision,
  residual,
  tf,
  useEngine,
  variableGrads
} from "../../../src/index.ts"
import { backend, bf16Test } from "./bf16.ts"

const [batch, tokens, hidden, inner, classes] = [4, 32, 64, 128, 16]
const steps = 20

afterAll(async () => void (await useEngine({ prefer: "onnx", precision: "fp32" })))

const parameters = (): Parameters => {
  const matrix = (name: string, ...shape: [number, number]) =>
    tf.tidy(() => tf.variable(tf.mul(normalInit(shape, { seed: 1, name }), 5)))
  return {
    query: matrix("query", hidden, hidden),
    key: matrix("key", hidden, hidden),
    value: matrix("value", hidden, hidden),
    up: matrix("up", hidden, inner),
    upBias: tf.tidy(() => tf.variable(tf.zeros([inner]))),
    down: matrix("down", inner, hidden),
    gamma: tf.tidy(() => tf.variable(tf.ones([hidden]))),
    beta: tf.tidy(() => tf.variable(tf.zeros([hidden]))),
    head: matrix("head", hidden, classes)
  }
}

/** Mean cross-entropy of one transformer layer whose products are all large enough for bf16. */
const loss = (p: Parameters): tf.Scalar => {
  const labels = Int32Array.from({ length: batch * tokens }, (_, i) => (i * 7) % classes)
  // A class shows in its tokens, under a wave that is not its own.
  const values = Float32Array.from({ length: batch * tokens * hidden }, (_, i) => {
    const [token, unit] = [Math.floor(i / hidden), i % hidden]
    return Math.sin((labels[token]! + 1) * unit) + Math.sin(i * 1.3)
  })
  const x = tf.tensor3d(values, [batch, tokens, hidden])
  const y = residual(x, attention(linear(x, p.query!), linear(x, p.key!), linear(x, p.value!), { heads: 4 }))
  const z = residual(y, linear(gelu(linear(y, p.up!, p.upBias)), p.down!))
  const h = layerNorm(z, p.gamma!, p.beta!)
  return crossEntropy(linear(tf.reshape(h, [batch * tokens, hidden]), p.head!) as tf.Tensor2D, labels)
}

interface Trained {
  readonly losses: Array<number>
  /** Of the first step. */
  readonly gradients: Record<string, Float32Array>
  readonly products: number
}

const run = async (precision: Precision): Promise<Trained> => {
  await useEngine({ prefer: "onnx", precision })
  const tensors = tf.memory().numTensors
  const p = parameters()
  const optimizer = adamW()
  const state = optimizer.init(p)
  const losses: Array<number> = []
  const gradients: Record<string, Float32Array> = {}
  const before = backend().oneDnn?.products.calls ?? 0
  for (let step = 0; step < steps; step++) {
    const { value, grads } = variableGrads(() => loss(p), p)
    if (step === 0) for (const [name, grad] of Object.entries(grads)) gradients[name] = grad.dataSync() as Float32Array
    optimizer.update(p, grads, state, 5e-3)
    losses.push(value.dataSync()[0]!)
    tf.dispose([value, ...Object.values(grads)])
  }
  const products = (backend().oneDnn?.products.calls ?? 0) - before
  disposeAll(state.tensors)
  disposeAll(p)
  expect(tf.memory().numTensors).toBe(tensors)
  return { losses, gradients, products }
}

bf16Test("gradients and the losses of 20 steps are those of fp32 within bf16's rounding", async () => {
  const fp32 = await run("fp32")
  const bf16 = await run("bf16")
  // 6 matrices forward and their gradients, 3 of which pass a gradient on to their inputs; attention has 2 and 4.
  expect([fp32.products, bf16.products]).toEqual([0, steps * (6 + 6 + 3 + 2 + 4)])
  for (const [name, want] of Object.entries(fp32.gradients)) {
    const got = bf16.gradients[name]!
    const error = Math.hypot(...got.map((value, i) => value - want[i]!)) / Math.hypot(...want)
    expect(`${name} ${error < 0.02}`).toBe(`${name} true`)
    expect(error).toBeGreaterThan(0)
  }
  expect(fp32.losses.at(-1)).toBeLessThan(fp32.losses[0]! * 0.8)
  for (const [i, want] of fp32.losses.entries()) expect(Math.abs(bf16.losses[i]! / want - 1)).toBeLessThan(0.02)
})
