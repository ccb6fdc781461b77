/**
 * Encoding speed: RoBERTa-base (random weights), 16 to 512 tokens, 1 to 64 rows, against transformers.js over ONNX Runtime in alternation and
 * against PyTorch right after; a forward pass and a step of each backbone at a small size against transformers on PyTorch; and bucketing by length
 * against batches in the order of the corpus.
 *
 * PYTHON or NUNER_PYTHON names the Python that has torch; NUNER_BENCH_CASES is a regular expression that picks cases by name ("^1 x",
 * "bucketing"); NUNER_BENCH_CLOCK=processor measures processor time instead of wall time, for a busy machine and NUNER_THREADS=1.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { AutoModel, env, type PreTrainedModel, Tensor } from "@huggingface/transformers"
import { rng } from "@nuner/core"
import {
  type Architecture,
  backbones,
  type Encoder,
  encode,
  exportOnnx,
  forward,
  hiddenStates,
  initEncoder,
  loadTokenizer,
  type Model,
  makeEncoder,
  randomEncoder,
  robertaBase,
  small,
  type TokenBatch,
  toConfigJson,
  tokenBatch,
  trainByteLevelBpe
} from "@nuner/encoder"
import { adamW, tf, useEngine, variableGrads } from "@nuner/engine"
import { dataDir } from "@nuner/testing"
import { clock, now } from "./support/clock.ts"
import { median } from "./support/median.ts"
import { runPython } from "./support/python.ts"
import { type Benchmark, lessIsBetter, moreIsBetter, type Row } from "./support/Row.ts"

env.allowRemoteModels = false

interface Shape {
  readonly rows: number
  readonly tokens: number
}

/** More tokens than this in a batch take a quarter of a minute a pass on one core. */
const mostTokens = 4096
const shapes: ReadonlyArray<Shape> = [16, 64, 128, 512]
  .flatMap((tokens) => [1, 8, 64].map((rows) => ({ rows, tokens })))
  .filter(({ rows, tokens }) => rows * tokens <= mostTokens)
const nameOf = ({ rows, tokens }: Shape): string => `${rows} x ${tokens}, RoBERTa-base`
/** Passes that count, after one that does not. */
const repeatsOf = ({ rows, tokens }: Shape): number => (rows * tokens <= 128 ? 10 : rows * tokens <= 1024 ? 3 : 2)

/** Each architecture: 4 layers of 256, the smallest with all its kinds of layers; no dropout. */
const backboneShape = { rows: 8, tokens: 128 }
const backboneRepeats = 10
/** Until every kernel is compiled. */
const backboneWarmups = 20
const backboneName = (architecture: string): string => `${architecture}, 4 layers x 256, 8 x 128`

const bucketingName = "bucketing, 4 layers x 256, 3,000 C4 sentences"
const bucketingRepeats = 2

async function* run(): AsyncGenerator<Row> {
  const picked = new RegExp(process.env.NUNER_BENCH_CASES ?? ".")
  const { name, threads } = await useEngine()
  const note = `engine ${name}, ${threads} ${threads === 1 ? "thread" : "threads"}, ${clock} time`
  const chosen = shapes.filter((shape) => picked.test(nameOf(shape)))
  if (chosen.length > 0) yield* forwardRows(chosen, threads, note)
  for (const architecture of Object.keys(backbones) as Array<Architecture>) {
    if (picked.test(backboneName(architecture))) yield* backboneRows(architecture, threads, note)
  }
  const data = dataDir()
  if (data !== undefined && picked.test(bucketingName)) yield* bucketing(data, note)
}

async function* forwardRows(chosen: ReadonlyArray<Shape>, threads: number, note: string): AsyncGenerator<Row> {
  // Only ids count here: any tokenizer will do.
  const tokenizer = await trainByteLevelBpe(["a text to learn from"], { vocabSize: 262 })
  const encoder = makeEncoder(robertaBase, initEncoder(robertaBase, 1), tokenizer)
  const directory = await mkdtemp(join(tmpdir(), "nuner-bench-"))
  try {
    await exportOnnx(directory, encoder)
    const session_options = { intraOpNumThreads: threads, interOpNumThreads: 1 }
    const peer = await AutoModel.from_pretrained(directory, { dtype: "fp32", session_options })
    for (const shape of chosen) yield* compare(shape, encoder, peer, threads, note)
    await peer.dispose()
  } finally {
    encoder.dispose()
    await rm(directory, { recursive: true, force: true })
  }
}

async function* compare(
  shape: Shape,
  encoder: Encoder,
  peer: PreTrainedModel,
  threads: number,
  note: string
): AsyncGenerator<Row> {
  const { ours, theirs } = await alternate(shape, encoder, peer)
  const rate = (ms: number) => Math.round((1000 * shape.rows * shape.tokens) / ms)
  const row = (peer: number | null, peerName: string, note: string): Row => ({
    ...{ bench: "encoder", case: nameOf(shape), metric: "tokens/s", ours: rate(ours), peer, peerName, note },
    ratio: moreIsBetter(rate(ours), peer)
  })
  yield row(rate(theirs), "transformers.js (ONNX Runtime)", note)
  const task = { ...shape, repeats: repeatsOf(shape), threads, clock }
  const python = await runPython<{ milliseconds: number; version: string }>("encoder.py", task)
  if (python.skipped) yield row(null, "PyTorch", python.reason)
  else yield row(rate(python.output.milliseconds), "PyTorch", `${note}; ${python.output.version}`)
}

/** Median milliseconds of a pass, ours and transformers.js's. */
const alternate = async (
  shape: Shape,
  encoder: Encoder,
  peer: PreTrainedModel
): Promise<{ readonly ours: number; readonly theirs: number }> => {
  const { rows, tokens } = shape
  const ids = randomIds(rows * tokens)
  const batch = tokenBatch(
    Array.from({ length: rows }, (_, row) => ids.subarray(row * tokens, (row + 1) * tokens)),
    1
  )
  const inputs = {
    input_ids: new Tensor("int64", BigInt64Array.from(ids, BigInt), [rows, tokens]),
    attention_mask: new Tensor("int64", new BigInt64Array(rows * tokens).fill(1n), [rows, tokens])
  }
  const times: { ours: Array<number>; theirs: Array<number> } = { ours: [], theirs: [] }
  for (let round = 0; round <= repeatsOf(shape); round++) {
    const started = now()
    const mine = await hiddenStates(encoder, batch)
    const between = now()
    const { last_hidden_state: other } = await peer(inputs)
    const ended = now()
    if (round === 0) {
      checkEqual(mine, other.data)
      continue
    }
    times.ours.push(between - started)
    times.theirs.push(ended - between)
  }
  return { ours: median(times.ours), theirs: median(times.theirs) }
}

const randomIds = (count: number): Int32Array => {
  const random = rng(count)
  return Int32Array.from({ length: count }, () => 5 + random.int(20_000))
}

const checkEqual = (ours: Float32Array, theirs: Float32Array): void => {
  const worst = ours.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i]!)), 0)
  if (!(worst < 1e-3)) throw new Error(`the two networks differ by ${worst}: nothing to compare`)
}

async function* backboneRows(architecture: Architecture, threads: number, note: string): AsyncGenerator<Row> {
  const config = small({ architecture, dropout: 0, attentionDropout: 0 })
  const { rows, tokens } = backboneShape
  const ids = Int32Array.from(randomIds(rows * tokens), (id) => id % config.vocabSize)
  const ours = await ownBackbone(
    { config, parameters: initEncoder(config, 1) },
    { ids, mask: ids.map(() => 1), rows, tokens }
  )
  const task = { ...backboneShape, ids: [...ids], config: JSON.parse(toConfigJson(config)), threads, clock }
  const counts = { repeats: backboneRepeats, warmups: backboneWarmups }
  const python = await runPython<typeof ours & { version: string }>("backbones.py", { ...task, ...counts })
  for (const what of ["forward", "step"] as const) {
    const peer = python.skipped ? null : python.output[what]
    yield {
      ...{ bench: "encoder", case: `${backboneName(architecture)}, ${what}`, metric: "ms", ours: ours[what], peer },
      ratio: lessIsBetter(ours[what], peer),
      peerName: "transformers (PyTorch)",
      note: python.skipped ? python.reason : `${note}; ${python.output.version}`
    }
  }
}

/** Median milliseconds of a forward pass, and of a step: gradients of the mean square of the last state, AdamW. */
const ownBackbone = async (
  model: Model,
  batch: TokenBatch
): Promise<{ readonly forward: number; readonly step: number }> => {
  const { parameters } = model
  const optimizer = adamW()
  const state = optimizer.init(parameters)
  const pass = async () => {
    const [last] = forward(model, batch)
    await last!.data()
    last!.dispose()
  }
  const step = async () => {
    const { value, grads } = variableGrads(
      () => tf.tidy(() => tf.mean(tf.square(forward(model, batch)[0]!)) as tf.Scalar),
      parameters
    )
    optimizer.update(parameters, grads, state, 1e-4)
    await value.data()
    tf.dispose([value, grads])
  }
  const times = { forward: await timed(pass), step: await timed(step) }
  tf.dispose(parameters)
  return times
}

const timed = async (body: () => Promise<void>): Promise<number> => {
  const times: Array<number> = []
  for (let round = 0; round < backboneWarmups + backboneRepeats; round++) {
    const started = now()
    await body()
    times.push(now() - started)
  }
  return median(times.slice(backboneWarmups))
}

async function* bucketing(data: string, note: string): AsyncGenerator<Row> {
  const tokenizer = await loadTokenizer(join(data, "tokenizer/roberta"))
  const path = join(data, "text/c4-sentences.jsonl")
  const texts = (await Bun.file(path).text()).split("\n", 3000).map((line) => JSON.parse(line).text as string)
  const encoder = randomEncoder(small({ positions: 514 }), tokenizer, 1)
  const bucketed = async () => {
    for await (const _ of encode(encoder, texts)) {
    }
  }
  const inOrder = async () => {
    for (let from = 0; from < texts.length; from += 32) {
      const encodings = await tokenizer.encodeBatch(texts.slice(from, from + 32))
      const batch = tokenBatch(
        encodings.map(({ ids }) => ids),
        1
      )
      const [state] = forward(encoder, batch)
      await state!.data()
      state!.dispose()
    }
  }
  const times: { ours: Array<number>; peer: Array<number> } = { ours: [], peer: [] }
  for (let round = 0; round <= bucketingRepeats; round++) {
    const started = now()
    await bucketed()
    const between = now()
    await inOrder()
    if (round === 0) continue
    times.ours.push((between - started) / 1000)
    times.peer.push((now() - between) / 1000)
  }
  const [ours, peer] = [median(times.ours), median(times.peer)]
  yield {
    ...{ bench: "encoder", case: bucketingName, metric: "seconds", ours, peer, ratio: lessIsBetter(ours, peer) },
    peerName: "ours, 32 at a time in the corpus's order, padded to the longest",
    note: `${note}; bucketed by length, tokenization included in both`
  }
  encoder.dispose()
}

export default { name: "encoder", run } satisfies Benchmark
