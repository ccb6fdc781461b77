/**
 * Encoding speed: RoBERTa-base (random weights) against transformers.js over ONNX Runtime and against PyTorch, and bucketing by length
 * against batches in the order of the corpus.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { AutoModel, env, Tensor } from "@huggingface/transformers"
import { rng } from "@nuner/core"
import {
  type Encoder,
  encode,
  exportOnnx,
  forward,
  initEncoder,
  loadTokenizer,
  makeEncoder,
  randomEncoder,
  robertaBase,
  small,
  tokenBatch,
  trainByteLevelBpe
} from "@nuner/encoder"
import { type EngineReport, tf, useEngine } from "@nuner/engine"
import { dataDir } from "@nuner/testing"
import { median } from "./support/median.ts"
import { runPython } from "./support/python.ts"
import { type Benchmark, lessIsBetter, moreIsBetter, type Row } from "./support/Row.ts"

env.allowRemoteModels = false

/** [rows, tokens] */
const shapes = [
  [1, 16],
  [1, 128],
  [1, 512],
  [8, 64],
  [16, 32],
  [64, 16],
  [8, 128],
  [2, 512]
] as const
const repeats = 3

const randomIds = (count: number): Int32Array => {
  const random = rng(count)
  return Int32Array.from({ length: count }, () => 5 + random.int(20_000))
}

/** Median seconds for each shape: ours and transformers.js's, in alternation. */
const forwardPasses = async (encoder: Encoder): Promise<{ ours: Array<number>; theirs: Array<number> }> => {
  const directory = await mkdtemp(join(tmpdir(), "nuner-bench-"))
  try {
    await exportOnnx(directory, encoder)
    const peer = await AutoModel.from_pretrained(directory, { dtype: "fp32" })
    const ours: Array<number> = []
    const theirs: Array<number> = []
    for (const [rows, tokens] of shapes) {
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
      for (let round = 0; round <= repeats; round++) {
        const started = performance.now()
        const [state] = forward(encoder, batch)
        const mine = await state!.data()
        const between = performance.now()
        const { last_hidden_state: other } = await peer(inputs)
        const ended = performance.now()
        tf.dispose(state!)
        if (round === 0) {
          checkEqual(mine as Float32Array, other.data)
          continue
        }
        times.ours.push((between - started) / 1000)
        times.theirs.push((ended - between) / 1000)
      }
      ours.push(median(times.ours))
      theirs.push(median(times.theirs))
    }
    await peer.dispose()
    return { ours, theirs }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const checkEqual = (ours: Float32Array, theirs: Float32Array): void => {
  const worst = ours.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i]!)), 0)
  if (!(worst < 1e-3)) throw new Error(`the two networks differ by ${worst}: nothing to compare`)
}

async function* run(): AsyncGenerator<Row> {
  const engine = await useEngine()
  const data = dataDir()
  // Only ids count here: any tokenizer will do.
  const tokenizer = await trainByteLevelBpe(["a text to learn from"], { vocabSize: 262 })
  const encoder = makeEncoder(robertaBase, initEncoder(robertaBase, 1), tokenizer)
  yield* forwardRows(encoder, engine)
  encoder.dispose()
  if (data) yield* bucketing(data, engine)
}

const described = ({ name, threads }: EngineReport): string => `engine ${name}, ${threads} threads`

async function* forwardRows(encoder: Encoder, engine: EngineReport): AsyncGenerator<Row> {
  const { ours, theirs } = await forwardPasses(encoder)
  const { threads } = engine
  const note = described(engine)
  const python = await runPython<{ seconds: Array<number>; version: string }>("encoder.py", {
    shapes,
    repeats,
    threads
  })
  for (const [index, [rows, tokens]] of shapes.entries()) {
    const rate = (seconds: number) => Math.round((rows * tokens) / seconds)
    const row = (peer: number | null, peerName: string, note: string): Row => ({
      bench: "encoder",
      case: `RoBERTa-base, ${rows} x ${tokens}`,
      metric: "tokens/s",
      ours: rate(ours[index]!),
      peer,
      peerName,
      ratio: moreIsBetter(rate(ours[index]!), peer),
      note
    })
    yield row(rate(theirs[index]!), "transformers.js (ONNX Runtime)", note)
    if (python.skipped) yield row(null, "PyTorch", python.reason)
    else yield row(rate(python.output.seconds[index]!), "PyTorch", `${note}; ${python.output.version}`)
  }
}

async function* bucketing(data: string, engine: EngineReport): AsyncGenerator<Row> {
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
      const [state] = forward(
        encoder,
        tokenBatch(
          encodings.map(({ ids }) => ids),
          1
        )
      )
      await state!.data()
      state!.dispose()
    }
  }
  const times: { ours: Array<number>; peer: Array<number> } = { ours: [], peer: [] }
  for (let round = 0; round <= repeats; round++) {
    const started = performance.now()
    await bucketed()
    const between = performance.now()
    await inOrder()
    if (round === 0) continue
    times.ours.push((between - started) / 1000)
    times.peer.push((performance.now() - between) / 1000)
  }
  const [ours, peer] = [median(times.ours), median(times.peer)]
  yield {
    bench: "encoder",
    case: "4 layers x 256, 3,000 C4 sentences",
    metric: "seconds",
    ours,
    peer,
    peerName: "ours, 32 at a time in the corpus's order, padded to the longest",
    ratio: lessIsBetter(ours, peer),
    note: `${described(engine)}; bucketed by length, tokenization included in both`
  }
  encoder.dispose()
}

export default { name: "encoder", run } satisfies Benchmark
