/**
 * TadNER's episodes: episodes a second and peak memory against PyTorch with the same shapes and numbers of updates, the worth of frozen layers, and
 * tensors left over after 1,000 episodes. Each case runs in a process of its own.
 *
 * PYTHON or NUNER_PYTHON names the Python that has torch; NUNER_BENCH_CLOCK=processor measures processor time instead of wall time, for a busy
 * machine and NUNER_THREADS=1.
 */
import type { LabelledSentence } from "@nuner/core"
import { type EncoderConfig, randomEncoder, small, type Tokenizer, trainByteLevelBpe } from "@nuner/encoder"
import { tf, useEngine } from "@nuner/engine"
import { encodeRows, newModel, runEpisodes } from "@nuner/tadner"
import { clock, now } from "./support/clock.ts"
import { inProcess } from "./support/inProcess.ts"
import { madeEpisodes, madeTypes } from "./support/madeEpisodes.ts"
import { median } from "./support/median.ts"
import { runPython } from "./support/python.ts"
import { type Benchmark, lessIsBetter, moreIsBetter, type Row } from "./support/Row.ts"

/** Updates of each stage; the stop rule is set not to end it before. */
const steps = 20
const repeats = 5
const fixed = { steps, detectorPatience: steps, classifierPatience: steps }
const made = { least: 10, more: 31 }

interface Case {
  readonly layers: number
  readonly hidden: number
  readonly heads: number
  /** Layers frozen from the bottom, the embeddings with them. */
  readonly frozen: number
}

const cases: ReadonlyArray<Case> = [
  { layers: 4, hidden: 128, heads: 2, frozen: 0 },
  { layers: 4, hidden: 256, heads: 4, frozen: 0 },
  { layers: 4, hidden: 256, heads: 4, frozen: 1 }
]
const nameOf = ({ frozen, hidden, layers }: Case): string =>
  `5-way 1~2 episode, ${layers} x ${hidden}${frozen > 0 ? `, ${frozen} of them frozen` : ""}`

interface Measured {
  /** Of an episode, the median. */
  readonly seconds: number
  readonly peakMegabytes: number
  readonly version: string
}

/** Ours, and the shapes that the peer needs. */
interface Ours extends Measured {
  readonly threads: number
  readonly vocabSize: number
  /** Sub-tokens of each sentence of an episode. */
  readonly support: ReadonlyArray<number>
  readonly query: ReadonlyArray<number>
}

const modelOf = (config: EncoderConfig, tokenizer: Tokenizer) => {
  const encoder = randomEncoder(config, tokenizer, 1)
  const model = newModel(encoder, { scheme: "BIOES" })
  encoder.dispose()
  return model
}

const tokenizerOf = (): Promise<Tokenizer> => {
  const all = madeEpisodes(repeats + 1, made)
  const texts = all.flatMap(({ query, support }) => [...support, ...query]).map(({ words }) => words.join(" "))
  return trainByteLevelBpe(texts, { vocabSize: 800 })
}

/** What `bun benchmarks/tadner.ts <case as JSON>` prints. */
const measure = async ({ frozen, heads, hidden, layers }: Case): Promise<Ours> => {
  const { name, threads } = await useEngine()
  const tokenizer = await tokenizerOf()
  const all = madeEpisodes(repeats + 1, made)
  const model = modelOf(small({ hidden, layers, heads }), tokenizer)
  const lengthsOf = async (side: ReadonlyArray<LabelledSentence>) =>
    (await encodeRows(side, model.classifier, { maxTokens: 128, long: "windows" })).rows.map(({ ids }) => ids.length)
  const options = frozen > 0 ? { ...fixed, frozenLayers: frozen } : fixed
  const seconds: Array<number> = []
  let last = now()
  for await (const event of runEpisodes({ ...options, model, episodes: all })) {
    if (event.type === "episode") seconds.push((now() - last) / 1000)
    last = now()
  }
  model.dispose()
  const { query, support } = all[1]!
  return {
    ...{ seconds: median(seconds.slice(1)), peakMegabytes: process.resourceUsage().maxRSS / 2 ** 10 },
    ...{ version: name, threads, vocabSize: tokenizer.vocabSize },
    ...{ support: await lengthsOf(support), query: await lengthsOf(query) }
  }
}

async function* run(): AsyncGenerator<Row> {
  const trained = new Map<number, Ours>()
  for (const item of cases) {
    const ours = await inProcess<Ours>(import.meta.path, JSON.stringify(item))
    const { query, support, threads, version, vocabSize } = ours
    const note = `${clock} clock; engine ${version}, ${threads} threads; ${steps} updates of each stage, random weights`
    if (item.frozen > 0) {
      const peer = trained.get(item.hidden)!
      yield* rowsOf(item, ours, peer, "ours, everything trained", note)
      continue
    }
    trained.set(item.hidden, ours)
    const shapes = { ...item, vocabSize, types: madeTypes.length, support, query }
    const found = await runPython<Measured>("tadner.py", { ...shapes, threads, steps, repeats, clock })
    if (found.skipped) yield* rowsOf(item, ours, undefined, "PyTorch", `${found.reason}; ${note}`)
    else yield* rowsOf(item, ours, found.output, found.output.version, note)
  }
  yield await leak()
}

function* rowsOf(
  item: Case,
  ours: Measured,
  peer: Measured | undefined,
  peerName: string,
  note: string
): Generator<Row> {
  const row = { bench: "tadner", case: nameOf(item), peerName, note }
  const [mine, theirs] = [1 / ours.seconds, peer === undefined ? null : 1 / peer.seconds]
  yield { ...row, metric: "episodes/s", ours: mine, peer: theirs, ratio: moreIsBetter(mine, theirs) }
  const [memory, other] = [ours.peakMegabytes, peer?.peakMegabytes ?? null]
  yield { ...row, metric: "peak RSS MB", ours: memory, peer: other, ratio: lessIsBetter(memory, other) }
}

const leak = async (): Promise<Row> => {
  await useEngine()
  const model = modelOf(small({ hidden: 16, layers: 1, heads: 1, positions: 40 }), await tokenizerOf())
  const before = tf.memory().numTensors
  let count = 0
  const tiny = madeEpisodes(1000, { least: 2, more: 3 })
  for await (const event of runEpisodes({ steps: 2, model, episodes: tiny })) if (event.type === "episode") count++
  const left = tf.memory().numTensors - before
  model.dispose()
  return {
    ...{ bench: "tadner", case: `tensors left over after ${count} episodes`, metric: "tensors", ours: left },
    ...{ peer: null, peerName: "-", ratio: null }
  }
}

if (import.meta.main) {
  console.log(JSON.stringify(await measure(JSON.parse(process.argv[2]!))))
  process.exit(0)
}

export default { name: "tadner", run } satisfies Benchmark
