/** The kernels of ours on WebGPU beside plain operations on tfjs-cpu: prints `{ name: greatest difference }`. */
import { adamW, gelu, segmentSum, tf, useEngine, variableGrads } from "../../src/index.ts"
import { dropped } from "../../src/nn/dropout.ts"
import { wave } from "../lib/wave.ts"

const key = { seed: 3, step: 7, site: "a" }
const ids = Int32Array.of(4, 0, 4, 2, 0, 9, 4)

const steps = (): ReadonlyArray<number> => {
  const x = tf.tidy(() => tf.variable(wave([5, 7], 2, 3)))
  const parameters = { x }
  const optimizer = adamW({ weightDecay: 0.1 })
  const state = optimizer.init(parameters)
  const seen: Array<number> = []
  for (let i = 0; i < 3; i++) {
    const { value, grads } = variableGrads(() => tf.sum(tf.square(gelu(x))), parameters)
    seen.push(...value.dataSync(), ...grads.x!.dataSync())
    optimizer.update(parameters, grads, state, 0.01, 0.5)
    tf.dispose([value, grads])
  }
  const moments = Object.values(state.tensors)
  for (const tensor of [x, ...moments]) seen.push(...tensor.dataSync())
  tf.dispose([x, ...moments])
  return seen
}

const read = (f: () => tf.Tensor): Array<number> => {
  const tensor = tf.tidy(f)
  const values = Array.from(tensor.dataSync())
  tensor.dispose()
  return values
}

const cases: Readonly<Record<string, () => ReadonlyArray<number>>> = {
  dropout: () => read(() => dropped(wave([3, 7, 5], 1), 0.3, key)),
  "dropout of a part": () => read(() => dropped(wave([11], 1), 0.3, key, 13)),
  "segment sum": () => read(() => segmentSum(wave([7, 3], 1) as tf.Tensor2D, ids, 11)),
  "segment sum of no rows": () => read(() => segmentSum(tf.zeros([0, 3]) as tf.Tensor2D, new Int32Array(), 2)),
  "gelu, its gradient, AdamW": steps
}

const results: Array<Record<string, ReadonlyArray<number>>> = []
for (const prefer of ["cpu", "webgpu"] as const) {
  await useEngine({ prefer })
  if (prefer === "webgpu") tf.env().set("WEBGPU_CPU_FORWARD", false) // tfjs leaves what is small to the processor
  for (const name of ["FusedDropout", "FusedGelu", "FusedGeluGrad"]) {
    if ((tf.getKernel(name, prefer) !== undefined) !== (prefer === "webgpu")) throw new Error(`${prefer}: ${name}`)
  }
  const tensors = tf.memory().numTensors
  results.push(Object.fromEntries(Object.entries(cases).map(([name, run]) => [name, run()])))
  if (tf.memory().numTensors !== tensors) throw new Error(`${prefer}: tensors leaked`)
}
const [cpu, webgpu] = results
const differences = Object.keys(cases).map((name) => {
  const [a, b] = [cpu![name]!, webgpu![name]!]
  if (a.length !== b.length) throw new Error(`${name}: ${a.length} and ${b.length} numbers`)
  return [name, Math.max(0, ...a.map((value, i) => Math.abs(value - b[i]!)))] as const
})
console.log(JSON.stringify(Object.fromEntries(differences)))
process.exit(0)
