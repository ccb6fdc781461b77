/**
 * Forward pass and training step of the encoder against PyTorch: base and small, three batch shapes, all layers trained or the
 * bottom half frozen. Each side runs in processes of its own, in alternation; medians over all rounds.
 *
 * PYTHON or NUNER_PYTHON names the Python that has torch; NUNER_BENCH_CASES is a regular expression that picks cases by name;
 * NUNER_BENCH_VARIANTS=0 leaves out torch.compile and bf16 autocast.
 */
import { forward, initEncoder, robertaBase, small } from "@nuner/encoder"
import { adamW, contrastiveBce, freeze, tf, useEngine, variableGrads } from "@nuner/engine"
import { median } from "./support/median.ts"
import { runPython } from "./support/python.ts"
import { type Benchmark, lessIsBetter, moreIsBetter, type Row } from "./support/Row.ts"

const concepts = 256
const rounds = 2
const shapes = [
  [8, 64],
  [16, 128],
  [48, 32]
] as const
const models = { small: small({ positions: 514 }), base: robertaBase }

interface Case {
  readonly model: keyof typeof models
  readonly rows: number
  readonly tokens: number
  /** Layers frozen from the bottom, the embeddings with them. */
  readonly frozen: number
}

interface Measured {
  readonly version: string
  /** Milliseconds of each repeat. */
  readonly forward: readonly number[]
  readonly step: readonly number[]
  readonly peakMegabytes: number
}

interface Peer extends Measured {
  readonly "bf16 autocast"?: Pick<Measured, "forward" | "step">
  readonly "torch.compile"?: Pick<Measured, "forward" | "step"> | string
}

const cases: readonly Case[] = (["small", "base"] as const).flatMap((model) =>
  shapes.flatMap(([rows, tokens]) => [0, models[model].layers / 2].map((frozen) => ({ model, rows, tokens, frozen })))
)
const nameOf = ({ model, rows, tokens, frozen }: Case) =>
  `${model} ${rows} x ${tokens}${frozen > 0 ? `, ${frozen} layers frozen` : ""}`
const repeatsOf = ({ model }: Case) => (model === "base" ? 3 : 10)
const idsOf = ({ rows, tokens }: Case) => Int32Array.from({ length: rows * tokens }, (_, i) => 5 + ((i * 7919) % 8000))

/** Our side, in a process of its own: what `bun benchmarks/engine.ts <case as JSON>` prints. */
async function measure(item: Case): Promise<Measured & { readonly threads: number }> {
  const { version, threads } = await useEngine()
  const config = models[item.model]
  const parameters = initEncoder(config, 1)
  parameters.concepts = tf.variable(tf.randomNormal([concepts, config.hidden], 0, 0.2, "float32", 1))
  const { rows, tokens, frozen } = item
  if (frozen > 0) {
    const bottom = (name: string) => Number(/^encoder\.layer\.(\d+)\./.exec(name)?.[1] ?? frozen) < frozen
    freeze(parameters, (name) => name.startsWith("embeddings.") || bottom(name))
  }
  const batch = { ids: idsOf(item), mask: new Int32Array(rows * tokens).fill(1), rows, tokens }
  const targets = {
    tokens: Int32Array.from(batch.ids, (_, i) => i),
    concepts: Int32Array.from(batch.ids, (_, i) => i % concepts)
  }
  const model = { config, parameters }
  const loss = () => {
    const [hidden] = forward(model, batch)
    const h = tf.reshape(hidden!, [rows * tokens, config.hidden]) as tf.Tensor2D
    return contrastiveBce({ h, u: parameters.concepts as tf.Tensor2D }, targets)
  }
  const optimizer = adamW()
  const state = optimizer.init(parameters)
  const runForward = async () => {
    const [hidden] = forward(model, batch)
    await hidden!.data()
    hidden!.dispose()
  }
  const runStep = async () => {
    const { value, grads } = variableGrads(loss, parameters)
    optimizer.update(parameters, grads, state, 1e-4)
    await value.data()
    tf.dispose([value, ...Object.values(grads)])
  }
  const times = { forward: await timed(runForward, item), step: await timed(runStep, item) }
  return { version, threads, ...times, peakMegabytes: process.resourceUsage().maxRSS / 2 ** 10 }
}

async function timed(body: () => Promise<void>, item: Case): Promise<number[]> {
  for (let i = 0; i < 2; i++) await body()
  const times: number[] = []
  for (let i = 0; i < repeatsOf(item); i++) {
    const started = performance.now()
    await body()
    times.push(performance.now() - started)
  }
  return times
}

/** GFLOP/s of the best of some large products: what the processor gives in fp32. */
async function measurePeak(): Promise<{ readonly gflops: number }> {
  await useEngine()
  const [a, b] = [tf.randomNormal([2048, 2048]), tf.randomNormal([2048, 2048])] as [tf.Tensor2D, tf.Tensor2D]
  let best = 0
  for (let i = 0; i < 12; i++) {
    const started = performance.now()
    const product = tf.matMul(a, b)
    await product.data()
    best = Math.max(best, (2 * 2048 ** 3) / (performance.now() - started) / 1e6)
    product.dispose()
  }
  return { gflops: best }
}

/** Floating-point operations of the products in a forward pass. */
function forwardFlops({ model, rows, tokens }: Case): number {
  const { hidden, feedForward, layers } = models[model]
  const perToken = 2 * (4 * hidden ** 2 + 2 * hidden * feedForward) + 4 * tokens * hidden
  return rows * tokens * layers * perToken
}

async function inProcess<A>(argument: string): Promise<A> {
  const child = Bun.spawn([process.execPath, import.meta.path, argument], { stdout: "pipe", stderr: "inherit" })
  const output = await new Response(child.stdout).text()
  if ((await child.exited) !== 0) throw new Error(`benchmark engine: ${argument} failed`)
  return JSON.parse(output.trim().split("\n").at(-1)!)
}

async function* run(): AsyncGenerator<Row> {
  process.env.PYTHON ??= process.env.NUNER_PYTHON
  const picked = new RegExp(process.env.NUNER_BENCH_CASES ?? ".")
  const { gflops } = await inProcess<{ gflops: number }>("peak")
  for (const item of cases.filter((item) => picked.test(nameOf(item)))) yield* compare(item, gflops)
}

async function* compare(item: Case, gflops: number): AsyncGenerator<Row> {
  const { hidden, heads, layers, feedForward, vocabSize, positions } = models[item.model]
  const ours: Measured[] = []
  const peers: Peer[] = []
  let reason = ""
  for (let round = 0; round < rounds; round++) {
    const mine = await inProcess<Measured & { threads: number }>(JSON.stringify(item))
    ours.push(mine)
    const settings = { ...item, hidden, heads, layers, feedForward, vocabSize, positions, concepts }
    // The variants once, on the smallest batch: compiling takes a minute.
    const variants = process.env.NUNER_BENCH_VARIANTS !== "0" && round === 0 && item.rows === 8 && item.frozen === 0
    const timing = { threads: mine.threads, warmups: 2, repeats: repeatsOf(item), variants }
    const peer = await runPython<Peer>("engine.py", { ...settings, ...timing, ids: [...idsOf(item)] })
    if (peer.skipped) reason = peer.reason
    else peers.push(peer.output)
  }
  const peerName = peers[0] ? `torch ${peers[0].version}, fp32 eager` : "PyTorch"
  const all = (side: readonly Measured[], key: "forward" | "step") => side.flatMap((measured) => measured[key])
  const middle = (side: readonly Measured[], key: "forward" | "step") =>
    side.length > 0 ? median(all(side, key)) : null
  const row = (metric: string, mine: number | null, other: number | null, ratio: number | null, note = ""): Row => {
    const remark = [note, reason].filter((text) => text !== "").join("; ")
    return {
      bench: "engine",
      case: nameOf(item),
      metric,
      ours: mine,
      peer: other,
      peerName,
      ratio,
      ...(remark && { note: remark })
    }
  }
  const [forwardMs, peerForwardMs] = [middle(ours, "forward"), middle(peers, "forward")]
  const share = forwardFlops(item) / (forwardMs! / 1e3) / (gflops * 1e9)
  const peak = `${(share * 100).toFixed(0)} % of the fp32 peak of ${gflops.toFixed(0)} GFLOP/s`
  yield row(
    "forward ms",
    forwardMs,
    peerForwardMs,
    lessIsBetter(forwardMs, peerForwardMs),
    [peak, ...variantsOf(peers, "forward")].join("; ")
  )
  const [stepMs, peerStepMs] = [middle(ours, "step"), middle(peers, "step")]
  yield row("step ms", stepMs, peerStepMs, lessIsBetter(stepMs, peerStepMs), variantsOf(peers, "step").join("; "))
  const rate = (ms: number | null) => (ms === null ? null : (item.rows * item.tokens * 1e3) / ms)
  yield row("step tokens/s", rate(stepMs), rate(peerStepMs), moreIsBetter(rate(stepMs), rate(peerStepMs)))
  const memory = (side: readonly Measured[]) => (side.length > 0 ? median(side.map((m) => m.peakMegabytes)) : null)
  yield row("peak RSS MB", memory(ours), memory(peers), lessIsBetter(memory(ours), memory(peers)))
}

function variantsOf(peers: readonly Peer[], key: "forward" | "step"): string[] {
  return (["torch.compile", "bf16 autocast"] as const).flatMap((name) => {
    const found = peers[0]?.[name]
    if (found === undefined) return []
    return [`${name}: ${typeof found === "string" ? found : `${median([...found[key]]).toFixed(0)} ms`}`]
  })
}

if (import.meta.main) {
  const argument = process.argv[2] ?? ""
  console.log(JSON.stringify(argument === "peak" ? await measurePeak() : await measure(JSON.parse(argument))))
  process.exit(0)
}

export default { name: "engine", run } satisfies Benchmark
