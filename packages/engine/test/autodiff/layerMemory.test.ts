import { expect, test } from "bun:test"
import { testEngine } from "@nuner/testing"
import { discard, record } from "../../src/autodiff/tape.ts"
import {
  attention,
  checkpointed,
  disposeAll,
  frozen,
  gelu,
  layerNorm,
  linear,
  type Parameters,
  residual,
  tf,
  useEngine
} from "../../src/index.ts"
import { chain } from "../lib/chain.ts"
import { wave } from "../lib/wave.ts"

const [batch, tokens, hidden, forward, heads] = [4, 8, 16, 64, 2]
const n = batch * tokens

const layerParameters = (): Parameters =>
  tf.tidy(() => {
    const shapes = {
      q: [hidden, hidden],
      k: [hidden, hidden],
      v: [hidden, hidden],
      o: [hidden, hidden],
      up: [hidden, forward],
      down: [forward, hidden],
      gamma: [hidden],
      beta: [hidden]
    }
    return Object.fromEntries(
      Object.entries(shapes).map(([name, shape], i) => [name, tf.variable(wave(shape, i, 0.3))])
    )
  })

const layer = (x: tf.Tensor3D, p: Parameters): tf.Tensor3D => {
  const a = attention(linear(x, p.q!), linear(x, p.k!), linear(x, p.v!), { heads, maxScores: 1 })
  const y = layerNorm(residual(x, linear(a, p.o!)), p.gamma!, p.beta!)
  return layerNorm(residual(y, linear(gelu(linear(y, p.up!)), p.down!)), p.gamma!, p.beta!)
}

/** Numbers kept for the backward pass over `depth` layers, each buffer once, the parameters themselves left out. */
const kept = (depth: number, run: typeof layer): number => {
  const parameters = layerParameters()
  const x = wave([batch, tokens, hidden], 1) as tf.Tensor3D
  const layers = Array.from({ length: depth }, () => (x: tf.Tensor3D) => run(x, parameters))
  const recording = record(() => chain(x, layers), Object.values(parameters))
  const own = new Set(Object.values(parameters).map(({ dataId }) => dataId))
  const buffers = new Map<object, number>()
  for (const { saved } of recording.nodes) {
    for (const { dataId, size } of saved ?? []) if (!own.has(dataId)) buffers.set(dataId, size)
  }
  discard(recording)
  disposeAll({ ...parameters, x, y: recording.value })
  return [...buffers.values()].reduce((sum, size) => sum + size, 0)
}

test("a transformer layer keeps n (8 hidden + 2 forward) numbers; a checkpointed one n hidden; a frozen one none", async () => {
  // Plain tfjs gives a view the identity of its buffer.
  await useEngine({ prefer: "cpu" })
  const each = (run: typeof layer) => kept(4, run) - kept(3, run)
  const meansAndDeviations = 4 * n
  expect(each(layer)).toBe(n * (8 * hidden + 2 * forward) + meansAndDeviations)
  expect(each((x, p) => checkpointed((x) => layer(x as tf.Tensor3D, p), [x, ...Object.values(p)]))).toBe(n * hidden)
  expect(kept(3, (x, p) => frozen(() => layer(x, p)))).toBe(0)
  await testEngine()
})
