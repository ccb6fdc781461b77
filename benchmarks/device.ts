/**
 * What the engine does on a machine's graphics card, within 8 minutes: the self-check, a part of tfjs-core's own tests, products, forward
 * passes and training steps of a base and a large encoder in every precision there is, the card's memory, and one epoch of a small
 * pre-training, beside PyTorch on the same card where Python has it. Each part runs in a process of its own; one that fails or finds no
 * time left says so in the result.
 *
 * usage: bun benchmarks/device.ts [--engine webgpu] [--minutes 8] [--out device.json] [--tiny]
 *
 * `--tiny` has sizes that a card in software computes, too: it shows that the script runs, and measures nothing. PYTHON or NUNER_PYTHON
 * names the Python that has torch.
 */
import { cpus } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { initEncoder, makeEncoder, robertaBase, robertaLarge, small, trainByteLevelBpe } from "@nuner/encoder"
import { type EngineName, engineNames, precisions, tf, useEngine } from "@nuner/engine"
import { pretrain } from "@nuner/trainer"
import { concepts, encoderStep, idsOf } from "./support/encoderStep.ts"
import { madeAligned } from "./support/madeAligned.ts"
import { median } from "./support/median.ts"
import { runPython } from "./support/python.ts"

const { values: options } = parseArgs({
  options: {
    engine: { type: "string", default: "webgpu" },
    minutes: { type: "string", default: "8" },
    out: { type: "string", default: "device.json" },
    tiny: { type: "boolean", default: false },
    part: { type: "string" }
  }
})
const { tiny } = options
if (!engineNames.some((name) => name === options.engine))
  throw new Error(`--engine is "${options.engine}"; it must be one of ${engineNames.join(", ")}`)

const smallest = small({ hidden: 32, layers: 1, heads: 2, vocabSize: 500, positions: 130 })
const models = tiny ? { tiny: smallest } : { base: robertaBase, large: robertaLarge, small: small({ positions: 514 }) }
const shapes: ReadonlyArray<readonly [rows: number, tokens: number]> = tiny
  ? [[2, 8]]
  : [
      [8, 64],
      [16, 128]
    ]
const products: ReadonlyArray<readonly [m: number, k: number, n: number]> = tiny
  ? [[32, 32, 32]]
  : [
      [512, 768, 768],
      [512, 768, 3072],
      [2048, 1024, 4096],
      [4096, 4096, 4096]
    ]
const operations = tiny
  ? "^ops/(erf|softplus)_test"
  : "^ops/(concat|erf|gather|mat_mul|softmax|softplus|sum|transpose|unsorted_segment_sum)_test"
const [sentences, batchSize] = tiny ? [8, 4] : [1000, 16]
/** Of a measured part: passes that do not count, passes at least, and seconds after which no other begins. */
const passes = { warmups: tiny ? 1 : 3, least: 3, seconds: tiny ? 1 : 8 }

/** Milliseconds of passes. */
async function timed(body: () => Promise<unknown>): Promise<Array<number>> {
  for (let i = 0; i < passes.warmups; i++) await body()
  const started = performance.now()
  const times: Array<number> = []
  while (times.length < passes.least || (performance.now() - started < passes.seconds * 1e3 && times.length < 30)) {
    const before = performance.now()
    await body()
    times.push(performance.now() - before)
  }
  return times
}

/** Bytes that the engine has taken of the card, and the process of the machine. */
const memory = () => ({
  cardMegabytes: ((tf.memory() as { readonly numBytesAllocatedInGPU?: number }).numBytesAllocatedInGPU ?? 0) / 2 ** 20,
  peakMegabytes: process.resourceUsage().maxRSS / 2 ** 10
})

const bring = (precision: string) =>
  useEngine({ prefer: options.engine as EngineName, precision: precision as (typeof precisions)[number] })

/** GFLOP/s of products, the best of some. */
async function productsPart() {
  const { threads: _, ...report } = await bring("fp32")
  const gflops: Record<string, number> = {}
  for (const [m, k, n] of products) {
    const [a, b] = [tf.randomNormal([m, k]) as tf.Tensor2D, tf.randomNormal([k, n]) as tf.Tensor2D]
    const times = await timed(async () => {
      // Ten in a row, so that the wait for the card is a small share of them.
      const all = Array.from({ length: 10 }, () => tf.matMul(a, b))
      await all.at(-1)!.data()
      tf.dispose(all)
    })
    gflops[`${m} x ${k} x ${n}`] = (10 * 2 * m * k * n) / Math.min(...times) / 1e6
    tf.dispose([a, b])
  }
  return { report, gflops }
}

async function stepPart(model: string, rows: number, tokens: number, precision: string) {
  const config = models[model as keyof typeof models]!
  await bring(precision)
  const { dispose, forward, step } = encoderStep(config, { rows, tokens, frozen: 0, dropout: 0.1 }, config.vocabSize)
  const losses: Array<number> = []
  const times = {
    forwardMs: median(await timed(forward)),
    stepMs: median(await timed(async () => losses.push(await step())))
  }
  const result = {
    ...times,
    tokensPerSecond: (rows * tokens * 1e3) / times.stepMs,
    losses: [losses[0], losses.at(-1)],
    ...memory()
  }
  dispose()
  return result
}

/** One epoch of contrastive pre-training of the small encoder on made sentences. */
async function epochPart() {
  await bring("fp32")
  const texts = [...madeAligned(sentences)].map(({ text }) => text)
  const tokenizer = await trainByteLevelBpe(texts, { vocabSize: tiny ? 500 : 4000 })
  const config = { ...(tiny ? smallest : small({ positions: 514 })), padId: tokenizer.special.pad.id }
  const text = makeEncoder(config, initEncoder(config, 1), tokenizer)
  const recipe = { batchSize, validation: 0, frozenLayers: 0, dropout: 0.1, clip: 1, seed: 0 }
  const steps = Math.ceil(sentences / batchSize)
  const started = performance.now()
  const losses: Array<number> = []
  let counted = 0
  for await (const event of pretrain({ ...recipe, sentences: madeAligned(sentences), text, steps })) {
    if (event.type !== "step") continue
    losses.push(event.loss)
    counted += event.tokens ?? 0
  }
  const seconds = (performance.now() - started) / 1e3
  return { sentences, steps, seconds, tokensPerSecond: counted / seconds, losses, ...memory() }
}

async function conformancePart() {
  const suite = join(import.meta.dir, "../packages/engine/test/conformance/suite.ts")
  const child = Bun.spawn([process.execPath, suite, options.engine, operations], { stdout: "pipe", stderr: "ignore" })
  const last = (await new Response(child.stdout).text()).trim().split("\n").at(-1)!
  const { failed, passed } = JSON.parse(last) as {
    readonly passed: Array<string>
    readonly failed: Record<string, string>
  }
  return { passed: passed.length, failed }
}

async function torchPart(model: string, rows: number, tokens: number, variant: string) {
  const { feedForward, heads, hidden, layers, positions, vocabSize } = models[model as keyof typeof models]!
  const shape = {
    hidden,
    heads,
    layers,
    feedForward,
    vocabSize,
    positions,
    concepts,
    rows,
    tokens,
    frozen: 0,
    dropout: 0.1
  }
  const timing = { threads: cpus().length, warmups: passes.warmups, repeats: 10, variant, patience: 100, clock: "wall" }
  const ids = [...idsOf({ rows, tokens }, vocabSize)]
  const found = await runPython<Record<string, unknown>>("engine.py", { ...shape, ...timing, ids, onCard: true })
  if (found.skipped) throw new Error(found.reason)
  const { forward, step, ...rest } = found.output as { readonly forward?: Array<number>; readonly step?: Array<number> }
  return { forwardMs: forward && median(forward), stepMs: step && median(step), ...rest }
}

const cases = Object.keys(models).flatMap((model) => shapes.map(([rows, tokens]) => ({ model, rows, tokens })))
/** What matters most comes first: the last parts may find no time. */
const parts: Readonly<Record<string, () => Promise<unknown>>> = {
  products: productsPart,
  conformance: conformancePart,
  epoch: epochPart,
  ...Object.fromEntries(
    cases.flatMap(({ model, rows, tokens }, i) => {
      const name = `${model} ${rows} x ${tokens}`
      // Whether there is another precision shows in one case.
      const ours = (i === 0 ? precisions : (["fp32"] as const)).map((precision) => [
        `${name}, ${precision}`,
        () => stepPart(model, rows, tokens, precision)
      ])
      const torch = ["fp32 eager", "bf16 autocast"].map((variant) => [
        `${name}, torch ${variant}`,
        () => torchPart(model, rows, tokens, variant)
      ])
      return [...ours, ...torch]
    })
  )
}

type Outcome = { readonly seconds: number } & ({ readonly result: unknown } | { readonly failed: string })

/** Runs a part in a process of its own, which is ended at the deadline. */
async function runPart(name: string, deadline: number): Promise<Outcome> {
  const started = performance.now()
  const left = deadline - started
  const ended = () => ({ seconds: Math.round(performance.now() - started) / 1e3 })
  if (left < 5e3) return { ...ended(), failed: "no time left" }
  const command = [
    process.execPath,
    import.meta.path,
    "--part",
    name,
    "--engine",
    options.engine,
    ...(tiny ? ["--tiny"] : [])
  ]
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "pipe", timeout: Math.ceil(left) })
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  if ((await child.exited) === 0) return { ...ended(), result: JSON.parse(output.trim().split("\n").at(-1)!) }
  const reason = /error: (.*)|^\w*Error: (.*)/m.exec(errors)
  const late = performance.now() >= deadline ? "ended at the deadline" : errors.trim().slice(-300)
  return { ...ended(), failed: reason?.[1] ?? reason?.[2] ?? late }
}

async function main(): Promise<void> {
  const deadline = performance.now() + Number(options.minutes) * 60e3
  const card = Bun.which("nvidia-smi") ? Bun.spawnSync(["nvidia-smi", "-L"]).stdout.toString().trim() : undefined
  const machine = {
    card,
    processor: cpus()[0]?.model,
    processors: cpus().length,
    platform: `${process.platform} ${process.arch}`
  }
  const outcomes: Record<string, Outcome> = {}
  for (const name of Object.keys(parts)) {
    const outcome = await runPart(name, deadline)
    outcomes[name] = outcome
    console.log(`${name}: ${"failed" in outcome ? outcome.failed : "done"} (${outcome.seconds} s)`)
    const written = { engine: options.engine, tiny, bun: Bun.version, machine, parts: outcomes }
    await Bun.write(options.out, `${JSON.stringify(written, undefined, 2)}\n`)
  }
  console.log(`written: ${options.out}`)
}

if (options.part === undefined) await main()
else {
  console.log(JSON.stringify(await parts[options.part]!()))
  process.exit(0)
}
