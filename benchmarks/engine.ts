/**
 * Forward pass and training step of the encoder against PyTorch: base and small, three batch shapes, all layers trained or the
 * bottom half frozen. Each side runs in processes of its own, in alternation; medians over all rounds. Beside fp32 eager, the
 * peer, stand bf16 autocast (without dropout) and, on the smallest batch of each model, torch.compile, which compiles for a minute. Our own bf16
 * stands against bf16 autocast and against our fp32.
 *
 * PYTHON or NUNER_PYTHON names the Python that has torch; NUNER_BENCH_CASES is a regular expression that picks cases by name, so that a
 * run can be taken up again where it stopped; NUNER_BENCH_VARIANTS=0 leaves out torch.compile and bf16, NUNER_BENCH_VARIANTS=bf16 torch.compile alone;
 * NUNER_BENCH_CLOCK=processor measures processor time instead of wall time, for a busy machine and NUNER_THREADS=1.
 */
import { robertaBase, small } from "@nuner/encoder"
import { tf, useEngine } from "@nuner/engine"
import { clock, now } from "./support/clock.ts"
import { concepts, encoderStep, idsOf, type StepShape } from "./support/encoderStep.ts"
import { inProcess } from "./support/inProcess.ts"
import { median } from "./support/median.ts"
import { runPython } from "./support/python.ts"
import { type Benchmark, lessIsBetter, moreIsBetter, type Row } from "./support/Row.ts"

const shapes = [
  [8, 64],
  [16, 128],
  [48, 32]
] as const
const models = {
  small: small({ positions: 514 }),
  "6x384": small({ positions: 514, layers: 6, hidden: 384, heads: 6 }),
  base: robertaBase
}

interface Case extends StepShape {
  readonly model: keyof typeof models
}

interface Measured {
  readonly version: string
  /** Milliseconds of each repeat. */
  readonly forward: ReadonlyArray<number>
  readonly step: ReadonlyArray<number>
  readonly peakMegabytes: number
}

const variants = ["fp32 eager", "bf16 autocast", "torch.compile"] as const
type Variant = (typeof variants)[number]

/** Seconds that a peer may take. */
const patience = 240

const cases: ReadonlyArray<Case> = [
  ...(["small", "base"] as const).flatMap((model) =>
    shapes.flatMap(([rows, tokens]) =>
      [0, models[model].layers / 2].map((frozen) => ({ model, rows, tokens, frozen, dropout: 0 }))
    )
  ),
  ...(["small", "6x384"] as const).flatMap((model) =>
    shapes.map(([rows, tokens]) => ({ model, rows, tokens, frozen: 0, dropout: 0.1 }))
  )
]
const nameOf = ({ model, rows, tokens, frozen, dropout }: Case) =>
  `${model} ${rows} x ${tokens}${frozen > 0 ? `, ${frozen} layers frozen` : ""}${dropout > 0 ? `, fp32 eager, dropout ${dropout}` : ""}`
/** A large case takes seconds a step: few repeats of one round keep the whole grid within minutes. */
const isLarge = ({ model, rows, tokens }: Case) => model === "base" && rows * tokens > 512
const roundsOf = (item: Case) => (isLarge(item) ? 1 : 2)
const repeatsOf = (item: Case) => (isLarge(item) ? 3 : item.model === "base" ? 3 : 10)
/** Small steps are hundreds of kernels each: until they were compiled some forty times the compiler's own time is in them. */
const warmupsOf = (item: Case) => (isLarge(item) ? 1 : item.model === "base" ? 2 : 40)

/** Our side, in a process of its own: what `bun benchmarks/engine.ts <case as JSON>` prints. */
async function measure(item: Case): Promise<Measured & { readonly threads: number }> {
  const { version, threads } = await useEngine()
  const { forward, step } = encoderStep(models[item.model], item)
  const times = { forward: await timed(forward, item), step: await timed(step, item) }
  return { version, threads, ...times, peakMegabytes: process.resourceUsage().maxRSS / 2 ** 10 }
}

async function timed(body: () => Promise<unknown>, item: Case): Promise<Array<number>> {
  for (let i = 0; i < warmupsOf(item); i++) await body()
  const times: Array<number> = []
  for (let i = 0; i < repeatsOf(item); i++) {
    const started = now()
    await body()
    times.push(now() - started)
  }
  return times
}

/** GFLOP/s of the best of some large products: what the processor gives in fp32. */
async function measurePeak(): Promise<{ readonly gflops: number }> {
  await useEngine()
  let best = 0
  for (const [m, k, n] of [
    [2048, 2048, 2048],
    [2048, 768, 3072]
  ] as const) {
    const [a, b] = [tf.randomNormal([m, k]) as tf.Tensor2D, tf.randomNormal([k, n]) as tf.Tensor2D]
    for (let i = 0; i < 12; i++) {
      const started = now()
      const product = tf.matMul(a, b)
      await product.data()
      best = Math.max(best, (2 * m * k * n) / (now() - started) / 1e6)
      product.dispose()
    }
    tf.dispose([a, b])
  }
  return { gflops: best }
}

/** Floating-point operations of the products in a forward pass. */
function forwardFlops({ model, rows, tokens }: Case): number {
  const { hidden, feedForward, layers } = models[model]
  const perToken = 2 * (4 * hidden ** 2 + 2 * hidden * feedForward) + 4 * tokens * hidden
  return rows * tokens * layers * perToken
}

/** A case, or the peak, in a process of its own. */
const measureApart = <A>(argument: string, precision = "fp32"): Promise<A> =>
  inProcess(import.meta.path, argument, { NUNER_PRECISION: precision })

async function* run(): AsyncGenerator<Row> {
  const picked = new RegExp(process.env.NUNER_BENCH_CASES ?? ".")
  const { gflops } = await measureApart<{ gflops: number }>("peak")
  for (const item of cases.filter((item) => picked.test(nameOf(item)))) yield* compare(item, gflops)
}

/** What a peer gave in all rounds, or why it gave nothing. */
interface Peer {
  readonly name: string
  readonly measured: ReadonlyArray<Measured>
  readonly reason: string
}

async function* compare(item: Case, gflops: number): AsyncGenerator<Row> {
  const ours: Array<Measured> = []
  const peers = new Map<Variant, Peer>()
  for (let round = 0; round < roundsOf(item); round++) {
    const mine = await measureApart<Measured & { threads: number }>(JSON.stringify(item))
    ours.push(mine)
    for (const variant of variants.filter((variant) => runs(variant, item, round))) {
      peers.set(variant, await runPeer(item, variant, mine.threads, peers.get(variant)))
    }
  }
  if (runs("bf16 autocast", item, 0)) yield* compareBf16(item, ours, peers.get("bf16 autocast")!)
  for (const metric of ["forward", "step"] as const) {
    const mine = median(ours.flatMap((measured) => measured[metric]))
    const share = (forwardFlops(item) / (mine / 1e3) / (gflops * 1e9)) * 100
    const note = metric === "forward" ? `${share.toFixed(0)} % of the fp32 peak of ${gflops.toFixed(0)} GFLOP/s` : ""
    for (const peer of peers.values())
      yield row(item, `${metric} ms`, mine, medianOf(peer, metric), peer, lessIsBetter, note)
    const rate = (ms: number | null) => (ms === null ? null : (item.rows * item.tokens * 1e3) / ms)
    const eager = peers.get("fp32 eager")!
    yield row(item, `${metric} tokens/s`, rate(mine), rate(medianOf(eager, metric)), eager, moreIsBetter)
  }
  for (const [variant, peer] of peers) {
    // A compiler counts towards the process that it ran in.
    if (variant === "torch.compile") continue
    const memory = median(ours.map(({ peakMegabytes }) => peakMegabytes))
    yield row(item, "peak RSS MB", memory, peakOf(peer), peer, lessIsBetter)
  }
}

/** Our bf16 against PyTorch's and against our fp32; nothing where it cannot run. */
async function* compareBf16(item: Case, fp32: ReadonlyArray<Measured>, torch: Peer): AsyncGenerator<Row> {
  const ours = await measureApart<Measured>(JSON.stringify(item), "bf16").catch((error: Error) => error.message)
  const reason = typeof ours === "string" ? ours : ""
  const measured = typeof ours === "string" ? [] : [ours]
  const mine: Peer = { name: "ours, bf16", measured, reason }
  const own: Peer = { name: "ours, fp32", measured: fp32, reason: "" }
  for (const metric of ["forward", "step"] as const) {
    for (const peer of [torch, own]) {
      yield row(item, `bf16 ${metric} ms`, medianOf(mine, metric), medianOf(peer, metric), peer, lessIsBetter, reason)
    }
  }
  for (const peer of [torch, own]) {
    yield row(item, "bf16 peak RSS MB", peakOf(mine), peakOf(peer), peer, lessIsBetter, reason)
  }
}

const runs = (variant: Variant, { dropout, frozen, rows }: Case, round: number): boolean => {
  const asked = process.env.NUNER_BENCH_VARIANTS
  if (variant === "fp32 eager") return true
  if (round > 0 || asked === "0") return false
  if (variant === "bf16 autocast") return dropout === 0
  return asked !== "bf16" && rows === 8 && frozen === 0
}

async function runPeer(item: Case, variant: Variant, threads: number, before: Peer | undefined): Promise<Peer> {
  const { hidden, heads, layers, feedForward, vocabSize, positions } = models[item.model]
  const shape = { ...item, hidden, heads, layers, feedForward, vocabSize, positions, concepts, ids: [...idsOf(item)] }
  const timing = { threads, warmups: warmupsOf(item), repeats: repeatsOf(item), variant, patience, clock }
  const found = await runPython<Measured & { error?: string }>("engine.py", { ...shape, ...timing })
  const reason = found.skipped ? found.reason : (found.output.error ?? "")
  if (found.skipped) return { name: before?.name ?? `PyTorch, ${variant}`, measured: before?.measured ?? [], reason }
  const name = `torch ${found.output.version}, ${variant}`
  if (reason !== "") return { name, measured: before?.measured ?? [], reason }
  return { name, measured: [...(before?.measured ?? []), found.output], reason }
}

const medianOf = ({ measured }: Peer, metric: "forward" | "step"): number | null =>
  measured.length > 0 ? median(measured.flatMap((one) => one[metric])) : null

const peakOf = ({ measured }: Peer): number | null =>
  measured.length > 0 ? median(measured.map(({ peakMegabytes }) => peakMegabytes)) : null

function row(
  item: Case,
  metric: string,
  ours: number | null,
  peer: number | null,
  { name, reason }: Peer,
  compare: (ours: number | null, peer: number | null) => number | null,
  note = ""
): Row {
  const remark = [note, reason].filter((text) => text !== "").join("; ")
  const shown = { bench: "engine", case: nameOf(item), metric, ours, peer, peerName: name, ratio: compare(ours, peer) }
  return remark === "" ? shown : { ...shown, note: remark }
}

if (import.meta.main) {
  const argument = process.argv[2] ?? ""
  console.log(JSON.stringify(argument === "peak" ? await measurePeak() : await measure(JSON.parse(argument))))
  process.exit(0)
}

export default { name: "engine", run } satisfies Benchmark
