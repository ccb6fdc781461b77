/**
 * Trains on WebGPU for 500 steps of batches of random sizes and fails if tensors, the card's memory or the process grow. On a card in software:
 * `VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json`.
 * usage: bun packages/engine/test/webgpu/soak.ts [steps]
 */
import { tf, useEngine } from "../../src/index.ts"
import { events, telemetryOptions, withParameters } from "../lib/tinyRun.ts"

const steps = Number(process.argv[2] ?? 500)
const { version } = await useEngine({ prefer: "webgpu" })
console.log(version)
tf.env().set("WEBGPU_CPU_FORWARD", false)
if (version.includes("SwiftShader")) tf.env().set("WEBGPU_MATMUL_PROGRAM_TYPE", 2) // one that software computes in a tenth of the time

/** Two to nine sentences of five tokens. */
const batches = (index: number) => {
  const count = 5 * (2 + ((index * 7919) % 8))
  const ids = Int32Array.from({ length: count }, (_, i) => (i * 3 + index) % 7)
  return { ids, mask: Array.from(ids, (_, i) => (i % 5 < 4 ? 1 : 0)), labels: ids.map((id) => id % 3) }
}

const seen: Array<{ readonly tensors: number; readonly card: number; readonly resident: number }> = []
await withParameters((parameters) =>
  events(telemetryOptions(parameters, { steps, accumulate: 1, batches }), (event) => {
    if (event.type !== "step" || event.step % Math.ceil(steps / 20) !== 0) return true
    Bun.gc(true)
    const { numBytesAllocatedInGPU: card, numTensors: tensors } = tf.memory() as tf.MemoryInfo & {
      readonly numBytesAllocatedInGPU: number
    }
    seen.push({ tensors, card, resident: process.memoryUsage.rss() })
    const resident = (process.memoryUsage.rss() / 2 ** 20).toFixed(0)
    console.log(`step ${event.step}: ${tensors} tensors, ${card} bytes on the card, ${resident} MB resident`)
    return true
  })
)
// Maxima of the two halves: when the garbage collector last ran moves a single reading by more than a leak would.
for (const [what, slack] of [
  ["tensors", 0],
  ["card", 0.05],
  ["resident", 0.05]
] as const) {
  const most = (some: typeof seen) => Math.max(...some.map((one) => one[what]))
  const growth = most(seen.slice(seen.length / 2)) / most(seen.slice(0, seen.length / 2)) - 1
  console.log(`${what}: the most of the second half is ${(growth * 100).toFixed(1)} % above that of the first`)
  if (growth > slack) throw new Error(`${what}: it grows`)
}
process.exit(0)
