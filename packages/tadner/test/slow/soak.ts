/**
 * Runs 1,000 episodes with a tiny encoder and fails if tensors or memory grow, or if the weights do not come back to the bit.
 * usage: bun packages/tadner/test/slow/soak.ts [episodes]
 */
import { readFileSync } from "node:fs"
import { tf, useEngine } from "@nuner/engine"
import { runEpisodes, type TadNerModel } from "@nuner/tadner"
import { tinyEncoder, toyEpisodes, toyModel } from "../support/toy.ts"

const count = Number(process.argv[2] ?? 1000)
const { name } = await useEngine()
const encoder = await tinyEncoder()
const model = await toyModel(encoder)
encoder.dispose()

const hashes = ({ classifier, detector }: TadNerModel) =>
  [...Object.values(detector.encoder.parameters), detector.kernel, ...Object.values(classifier.parameters)]
    .map((variable) => Bun.hash(Float32Array.from(variable.dataSync())))
    .join()
const residentMegabytes = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024

const before = { tensors: tf.memory().numTensors, weights: hashes(model) }
const episodes = toyEpisodes(count, "soak")
const resident: Array<number> = []
let done = 0
for (const options of [{}, { frozenLayers: 1 }]) {
  const half = options.frozenLayers === undefined ? episodes.slice(0, count / 2) : episodes.slice(count / 2)
  for await (const event of runEpisodes({ ...options, model, episodes: half, steps: 10, learningRate: 1e-3 })) {
    if (event.type !== "episode" || ++done % Math.ceil(count / 20) !== 0) continue
    Bun.gc(true)
    resident.push(residentMegabytes())
    const memory = `${tf.memory().numTensors} tensors, resident ${resident.at(-1)!.toFixed(0)} MB`
    console.log(`episode ${done}${options.frozenLayers === undefined ? "" : ", a layer frozen"}: ${memory}`)
  }
}
const left = tf.memory().numTensors - before.tensors
// Maxima of the two halves: when the garbage collector last ran moves a single reading by more than a leak would.
const middle = resident.length / 2
const growth = Math.max(...resident.slice(middle)) / Math.max(...resident.slice(0, middle)) - 1
console.log(`engine ${name}: ${left} tensors left over after ${done} episodes`)
console.log(`peak memory of the second half: ${(growth * 100).toFixed(1)} % above that of the first`)
if (left !== 0) throw new Error(`${left} tensors are left over`)
if (hashes(model) !== before.weights) throw new Error("the weights have changed")
if (growth > 0.05) throw new Error("memory grows")
process.exit(0)
