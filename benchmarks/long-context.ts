/**
 * ModernBERT on one long text: the most memory of a fresh process that computes gradients, and processor time, in layers that are computed again in the backward pass.
 * The base size with adapters (LoRA), and the whole of one of the size of Ettin-32M. 1,024 tokens; `--full`: 4,096, beside the aim of 2 GB.
 */
import { readFileSync } from "node:fs"
import { addLora, forward, freezeEncoder, initEncoder, loraSettings, type Model, modernbertBase } from "@nuner/encoder"
import { tf, useEngine, variableGrads } from "@nuner/engine"
import { type Benchmark, lessIsBetter, type Row } from "./support/Row.ts"

const shapes = {
  "ModernBERT-base, adapters of rank 8": { config: modernbertBase, loraRank: 8 },
  "ModernBERT of 10 x 384, all weights": {
    config: { ...modernbertBase, layers: 10, hidden: 384, heads: 6, feedForward: 576 },
    loraRank: undefined
  }
}
type Shape = keyof typeof shapes

interface Measured {
  readonly peakMiB: number
  readonly seconds: number
  /** Weights that got a gradient. */
  readonly gradients: number
  readonly threads: number
}

const measure = async (shape: Shape, tokens: number): Promise<Measured> => {
  const { threads } = await useEngine()
  const { config, loraRank } = shapes[shape]
  const fresh = { config, parameters: initEncoder(config, 1) }
  const lora = loraSettings("long-context", loraRank === undefined ? {} : { loraRank })
  const model: Model = lora === undefined ? fresh : addLora(fresh, lora)
  freezeEncoder(model, undefined)
  // The numbers that the weights were made from are no part of training.
  Bun.gc(true)
  const ids = Int32Array.from({ length: tokens }, (_, i) => (7919 * i) % config.vocabSize)
  const batch = { ids, mask: new Int32Array(tokens).fill(1), rows: 1, tokens }
  const before = process.cpuUsage()
  const { grads } = variableGrads(
    () => tf.tidy(() => tf.mean(tf.square(forward(model, batch, { checkpointLayers: true })[0]!)) as tf.Scalar),
    model.parameters
  )
  const { system, user } = process.cpuUsage(before)
  const [, peak] = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8")) ?? []
  return {
    peakMiB: Math.round(Number(peak) / 1024),
    seconds: (user + system) / 1e6,
    gradients: Object.keys(grads).length,
    threads
  }
}

async function* run(): AsyncGenerator<Row> {
  const tokens = process.argv.includes("--full") ? 4096 : 1024
  for (const shape of Object.keys(shapes) as Array<Shape>) {
    const child = Bun.spawn(["bun", import.meta.path, shape, String(tokens)], { stdout: "pipe", stderr: "inherit" })
    const { gradients, peakMiB, seconds, threads }: Measured = JSON.parse(await new Response(child.stdout).text())
    const aim = tokens === 4096 ? 2048 : null
    yield {
      ...{
        bench: "long-context",
        case: `${shape}, 1 x ${tokens}`,
        metric: "MiB at the peak",
        ours: peakMiB,
        peer: aim
      },
      ...{ peerName: "the aim", ratio: lessIsBetter(peakMiB, aim) },
      note: `${gradients} gradients, ${seconds.toFixed(1)} s of processor time, ${threads} ${threads === 1 ? "thread" : "threads"}`
    }
  }
}

if (import.meta.main) {
  const [shape, tokens] = process.argv.slice(2)
  console.log(JSON.stringify(await measure(shape as Shape, Number(tokens))))
  process.exit(0)
}

export default { name: "long-context", run } satisfies Benchmark
