/**
 * Contrastive pre-training. First what a corpus of 10,000 to a million sentences costs: peak memory until the weights are read, and
 * seconds until the first step is done. Then tokens a second with everything on (dropout 0.1, padding, clipping, telemetry), both encoders
 * trained, 16 sentences a step, against PyTorch doing the same on the same batches: a RoBERTa-base, a small one, and, where NUNER_MODELS names a
 * folder of models, the weights of `minilm` there. Each side runs in processes of its own, in alternation.
 *
 * PYTHON or NUNER_PYTHON names the Python that has torch and transformers; NUNER_BENCH_CASES is a regular expression that picks cases by
 * name; NUNER_BENCH_CLOCK=processor measures processor time, for a busy machine and NUNER_THREADS=1.
 */
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { AlignedSentence, readJsonl, writeJsonl } from "@nuner/core"
import {
  type Encoder,
  type EncoderConfig,
  fromPretrained,
  initEncoder,
  loadEncoder,
  makeEncoder,
  robertaBase,
  saveEncoder,
  small,
  trainByteLevelBpe
} from "@nuner/encoder"
import { planEpochs, useEngine } from "@nuner/engine"
import { conceptTargets, SentenceStore, tokenLabels } from "@nuner/sampler"
import { pretrain } from "@nuner/trainer"
import { clock, now } from "./support/clock.ts"
import { inProcess } from "./support/inProcess.ts"
import { madeAligned } from "./support/madeAligned.ts"
import { median } from "./support/median.ts"
import { runPython } from "./support/python.ts"
import { type Benchmark, lessIsBetter, moreIsBetter, type Row } from "./support/Row.ts"

const corpora = [10_000, 100_000, 1_000_000]
const rounds = 2
const sentencesOfSpeed = 640
const recipe = { batchSize: 16, validation: 0, frozenLayers: 0, dropout: 0.1, clip: 1, seed: 0 } as const

interface Case {
  readonly name: "base" | "small" | "minilm"
  /** Steps measured of a round, after `warmups`. */
  readonly steps: number
  readonly warmups: number
}
const cases: ReadonlyArray<Case> = [
  { name: "base", steps: 4, warmups: 2 },
  { name: "small", steps: 20, warmups: 10 },
  { name: "minilm", steps: 16, warmups: 6 }
]

const minilm = process.env.NUNER_MODELS && join(process.env.NUNER_MODELS, "minilm")

/** Gigabytes and seconds of one corpus: what `bun benchmarks/pretraining.ts corpus:<file>:<model>` prints. */
async function measureCorpus(file: string, model: string): Promise<{ gigabytes: number; seconds: number }> {
  const started = now()
  await useEngine()
  const sentences = await SentenceStore.from(readJsonl(file, AlignedSentence))
  const gigabytes = process.resourceUsage().maxRSS / 1e6
  const text = await fromPretrained(model)
  for await (const event of pretrain({ ...recipe, sentences, text, steps: 1 })) {
    if (event.type === "step") break
  }
  return { gigabytes, seconds: (now() - started) / 1e3 }
}

interface Measured {
  readonly version: string
  readonly threads: number
  /** Of each measured step: milliseconds, and tokens that count. */
  readonly ms: ReadonlyArray<number>
  readonly tokens: ReadonlyArray<number>
}

/** Our side of a case: what `bun benchmarks/pretraining.ts speed:<case>` prints. */
async function measureSpeed({ name, steps, warmups }: Case): Promise<Measured> {
  const { version, threads } = await useEngine()
  const text = await encoderOf(name)
  const [ms, tokens]: [Array<number>, Array<number>] = [[], []]
  let before = now()
  for await (const event of pretrain({
    ...recipe,
    sentences: madeAligned(sentencesOfSpeed),
    text,
    steps: steps + warmups
  })) {
    if (event.type === "step" && event.step > warmups) {
      ms.push(clock === "wall" ? event.seconds * 1e3 : now() - before)
      tokens.push(event.tokens!)
    }
    before = now()
  }
  return { version, threads, ms, tokens }
}

/** With random weights for the sizes of the recipes, and a vocabulary of their size of which our texts use a part. */
async function encoderOf(name: Case["name"]): Promise<Encoder> {
  await useEngine()
  if (name === "minilm") return loadEncoder(minilm!)
  const tokenizer = await trainByteLevelBpe(
    [...madeAligned(2000)].map(({ text }) => text),
    { vocabSize: 4000 }
  )
  const config = { ...configs[name], padId: tokenizer.special.pad.id }
  return makeEncoder(config, initEncoder(config, 1), tokenizer)
}

const configs: Readonly<Record<"base" | "small", EncoderConfig>> = {
  base: robertaBase,
  small: small({ positions: 514 })
}

/** The batches that `pretrain` makes of the same sentences, for the peer. */
async function batchesOf(name: Case["name"], count: number) {
  const encoder = await encoderOf(name)
  const { tokenizer } = encoder
  const sentences = [...madeAligned(sentencesOfSpeed)]
  const { batch } = planEpochs({ count: sentences.length, batchSize: recipe.batchSize, seed: recipe.seed })
  const ids = async (texts: ReadonlyArray<string>) => tokenizer.encodeBatch(texts)
  const batches = []
  for (let step = 0; step < count; step++) {
    const some = Array.from(batch(step), (number) => sentences[number]!)
    const encodings = await ids(some.map(({ text }) => text))
    const tokens = Math.max(...encodings.map((encoding) => encoding.ids.length))
    const labelled = encodings.map(({ ids, offsets }, i) => ({
      content: { start: tokenizer.prefix.length, end: ids.length - tokenizer.suffix.length },
      labels: tokenLabels(some[i]!.mentions, offsets).labels
    }))
    const targets = conceptTargets(labelled, { tokens })
    batches.push({
      text: encodings.map(({ ids }) => [...ids]),
      names: (await ids(targets.concepts)).map(({ ids }) => [...ids]),
      counts: [...targets.tokenMask],
      positives: [[...targets.positives.tokens], [...targets.positives.concepts]]
    })
  }
  const { config } = encoder
  encoder.dispose()
  return { batches, config }
}

async function* run(): AsyncGenerator<Row> {
  const wanted = new RegExp(process.env.NUNER_BENCH_CASES ?? "")
  const folder = await mkdtemp(join(tmpdir(), "nuner-pretraining-"))
  try {
    for (const count of corpora.filter((count) => wanted.test(String(count)))) {
      const [file, model] = [join(folder, `${count}.jsonl`), join(folder, "model")]
      await writeJsonl(file, madeAligned(count))
      if (!existsSync(model)) await saveEncoder(model, await encoderOf("small"))
      const { gigabytes, seconds } = await inProcess<Awaited<ReturnType<typeof measureCorpus>>>(
        import.meta.path,
        `corpus:${file}:${model}`
      )
      await rm(file)
      yield corpusRow(count, "GB before the model", gigabytes, 1.2)
      yield corpusRow(count, "s to the first step", seconds, 60)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  for (const item of cases.filter(({ name }) => wanted.test(name))) {
    if (item.name === "minilm" && !minilm) continue
    yield* compare(item)
  }
}

/** The aim, for a million sentences, stands where a peer would: there is none. */
const corpusRow = (count: number, metric: string, ours: number, aim: number): Row => ({
  bench: "pretraining",
  case: String(count),
  metric,
  ours,
  peer: aim,
  peerName: "the aim for 1,000,000",
  ratio: lessIsBetter(ours, aim)
})

async function* compare(item: Case): AsyncGenerator<Row> {
  const [mine, theirs]: [Array<Measured>, Array<Measured>] = [[], []]
  let reason = ""
  const { batches, config } = await batchesOf(item.name, item.steps + item.warmups)
  for (let round = 0; round < rounds; round++) {
    const ours = await inProcess<Measured>(import.meta.path, `speed:${item.name}`)
    mine.push(ours)
    const input = { ...item, ...recipe, config, batches, directory: minilm, threads: ours.threads, clock }
    const peer = await runPython<Measured>("pretraining.py", input)
    if (peer.skipped) reason = peer.reason
    else theirs.push(peer.output)
  }
  const peerName = theirs[0] === undefined ? "torch" : `torch ${theirs[0].version}, fp32 eager`
  const row = (
    metric: string,
    of: (measured: Measured) => ReadonlyArray<number>,
    compare: typeof moreIsBetter
  ): Row => {
    const [ours, peer] = [mine, theirs].map((all) => (all.length === 0 ? null : median(all.flatMap(of)))) as [
      number,
      number | null
    ]
    const shown = { bench: "pretraining", case: item.name, metric, ours, peer, peerName, ratio: compare(ours, peer) }
    return reason === "" ? shown : { ...shown, note: reason }
  }
  yield row("step ms", ({ ms }) => ms, lessIsBetter)
  yield row("tokens/s", ({ ms, tokens }) => ms.map((time, i) => (tokens[i]! * 1e3) / time), moreIsBetter)
}

if (import.meta.main) {
  const [kind, ...rest] = (process.argv[2] ?? "").split(":")
  const measured =
    kind === "corpus"
      ? await measureCorpus(rest[0]!, rest[1]!)
      : await measureSpeed(cases.find(({ name }) => name === rest[0])!)
  console.log(JSON.stringify(measured))
  process.exit(0)
}

export default { name: "pretraining", run } satisfies Benchmark
