/** Twenty steps on tfjs-cpu and on WebGPU, there also cut off and taken up again: prints what a test holds against each other. */
import { join } from "node:path"
import { tempDir } from "@nuner/testing"
import { readSafetensors, readWeights, type TrainEvent, tf, useEngine, writeWeights } from "../../src/index.ts"
import { countReads } from "../lib/countReads.ts"
import { events, telemetryOptions, withParameters } from "../lib/tinyRun.ts"

const options = { steps: 20, accumulate: 1 }
const losses = (all: ReadonlyArray<TrainEvent>) => all.flatMap((event) => (event.type === "step" ? [event.loss] : []))

await useEngine({ prefer: "cpu" })
const cpu = await withParameters((parameters) => events(telemetryOptions(parameters, options)))

const { version } = await useEngine({ prefer: "webgpu" })
tf.env().set("WEBGPU_CPU_FORWARD", false) // tfjs leaves what is small to the processor
tf.env().set("WEBGPU_MATMUL_PROGRAM_TYPE", 2) // one that software computes in a tenth of the time
const memory: Array<{ readonly tensors: number; readonly bytes: number }> = []
const whole = await withParameters((parameters) =>
  countReads(() =>
    events(telemetryOptions(parameters, options), () => {
      const { numBytesAllocatedInGPU: bytes, numTensors: tensors } = tf.memory() as tf.MemoryInfo & {
        readonly numBytesAllocatedInGPU: number
      }
      memory.push({ tensors, bytes })
      return true
    })
  )
)

using directory = tempDir()
const cut = { ...options, steps: 6, checkpoint: { directory: join(directory.path, "checkpoints"), every: 100 } }
const exported = join(directory.path, "model.safetensors")
await withParameters((parameters) =>
  events(telemetryOptions(parameters, cut), (event) => !(event.type === "step" && event.step === 3))
)
const { result: resumed } = await withParameters(async (parameters) => {
  const all = await events(telemetryOptions(parameters, cut))
  const head = parameters.head!
  const data = async () => (await head.data()) as Float32Array
  await writeWeights(exported, [{ name: "head", dtype: "F32", shape: head.shape, data }])
  const written = await readWeights(await readSafetensors(exported), "head")
  return { losses: losses(all), exported: written.join() === head.dataSync().join() }
})

const result = {
  version,
  cpu: losses(cpu.result),
  webgpu: losses(whole.result.result),
  reads: whole.result.reads,
  memory,
  resumed: resumed.losses,
  exported: resumed.exported
}
export type Outcome = typeof result
console.log(JSON.stringify(result))
process.exit(0)
