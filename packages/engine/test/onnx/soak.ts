/**
 * Trains a small transformer for 4,000 steps on sentences of random lengths and fails if tensors or, in the second half, memory grow.
 * usage: bun packages/engine/test/onnx/soak.ts [steps]
 */
import { readFileSync } from "node:fs"
import {
  adamW,
  attention,
  crossEntropy,
  dropout,
  embedding,
  gelu,
  layerNorm,
  linear,
  normalInit,
  type Parameters,
  residual,
  tf,
  useEngine,
  variableGrads
} from "../../src/index.ts"
import type { OnnxBackend } from "../../src/onnx/OnnxBackend.ts"

const steps = Number(process.argv[2] ?? 4000)
const [hidden, heads, layers, vocabulary, classes] = [64, 4, 2, 500, 5]
await useEngine({ prefer: "onnx" })
const backend = tf.backend() as unknown as OnnxBackend

const p: Parameters = {}
const add = (name: string, shape: Array<number>) => {
  p[name] = tf.variable(normalInit(shape, { seed: 1, name }, 0.05))
}
add("table", [vocabulary, hidden])
add("head", [hidden, classes])
for (let l = 0; l < layers; l++) {
  for (const name of ["q", "k", "v", "o"]) add(`${l}.${name}`, [hidden, hidden])
  add(`${l}.up`, [hidden, 4 * hidden])
  add(`${l}.down`, [4 * hidden, hidden])
  for (const norm of [1, 2]) {
    p[`${l}.gamma${norm}`] = tf.variable(tf.ones([hidden]))
    p[`${l}.beta${norm}`] = tf.variable(tf.zeros([hidden]))
  }
}

/** A fixed sequence of numbers in [0, 1). */
let seed = 1
const random = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return seed / 2 ** 32
}

const loss = (rows: number, tokens: number, step: number): tf.Scalar => {
  const ids = Int32Array.from({ length: rows * tokens }, () => Math.floor(random() * vocabulary))
  const labels = Int32Array.from(ids, (id) => id % classes)
  const mask = Array.from(ids, (_, i) => (i % tokens === 0 || random() > 0.2 ? 1 : 0))
  let x = tf.reshape(embedding(p.table!, ids), [rows, tokens, hidden]) as tf.Tensor3D
  for (let l = 0; l < layers; l++) {
    const project = (name: string) => linear(x, p[`${l}.${name}`]!)
    const a = attention(project("q"), project("k"), project("v"), { heads, mask })
    const dropped = dropout(linear(a, p[`${l}.o`]!), 0.1, { seed: 1, step, site: `${l}` })
    const y = layerNorm(residual(x, dropped), p[`${l}.gamma1`]!, p[`${l}.beta1`]!)
    const z = linear(gelu(linear(y, p[`${l}.up`]!)), p[`${l}.down`]!)
    x = layerNorm(residual(y, z), p[`${l}.gamma2`]!, p[`${l}.beta2`]!)
  }
  return crossEntropy(tf.reshape(linear(x, p.head!), [rows * tokens, classes]), labels)
}

const residentMegabytes = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024
const optimizer = adamW()
const state = optimizer.init(p)
const resident: Array<number> = []
let tensors = 0
for (let step = 1; step <= steps; step++) {
  const [rows, tokens] = [4 + Math.floor(random() * 13), 8 + Math.floor(random() * 120)]
  const { value, grads } = variableGrads(() => loss(rows, tokens, step), p)
  optimizer.update(p, grads, state, 1e-3)
  tf.dispose([value, ...Object.values(grads)])
  if (step === 1) tensors = tf.memory().numTensors
  if (tf.memory().numTensors !== tensors)
    throw new Error(`step ${step}: ${tf.memory().numTensors} tensors, not ${tensors}`)
  if (step % Math.ceil(steps / 20) === 0) {
    Bun.gc(true)
    resident.push(residentMegabytes())
    const { inUse, reserved } = backend.pool.statistics
    const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0)
    const memory = `resident ${resident.at(-1)!.toFixed(0)} MB, in use ${megabytes(inUse)}, reserved ${megabytes(reserved)}`
    console.log(`step ${step}: ${tensors} tensors, ${backend.kernels.sessions} sessions, ${memory}`)
  }
}
// Compiled code and remembered shapes still come in the first half. Maxima: when the garbage collector last ran moves a single reading by more than a leak would.
const settled = resident.slice(resident.length / 2)
const [before, after] = [settled.slice(0, settled.length / 2), settled.slice(settled.length / 2)]
const growth = Math.max(...after) / Math.max(...before) - 1
console.log(`peak memory of the last quarter: ${(growth * 100).toFixed(1)} % above that of the third`)
if (growth > 0.05) throw new Error("memory grows")
process.exit(0)
