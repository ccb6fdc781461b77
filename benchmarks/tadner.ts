/**
 * TadNER's episodes: seconds each against PyTorch with the same shapes and numbers of updates, the worth of frozen layers, peak memory, and
 * tensors left over after 1,000 episodes.
 */
import { type Episode, type LabelledSentence, rng } from "@nuner/core"
import {
  type EncoderConfig,
  initEncoder,
  makeEncoder,
  randomEncoder,
  robertaBase,
  small,
  type Tokenizer,
  trainByteLevelBpe
} from "@nuner/encoder"
import { tf, useEngine } from "@nuner/engine"
import { encodeRows, newModel, runEpisodes } from "@nuner/tadner"
import { median } from "./support/median.ts"
import { runPython } from "./support/python.ts"
import { type Benchmark, lessIsBetter, type Row } from "./support/Row.ts"

const types = ["animal", "city", "drug", "film", "river"]
/** Updates of each stage; the stop rule is set not to end it before. */
const steps = 20
const repeats = 5
const fixed = { steps, detectorPatience: steps, classifierPatience: steps }

/** 5-way 1~2 episodes of sentences like Few-NERD's in length: 10 to 40 words. */
const episodes = (count: number, words: { readonly least: number; readonly more: number }): Array<Episode> => {
  const random = rng("benchmark")
  const sentence = (type: string): LabelledSentence => {
    const length = words.least + random.int(words.more)
    const start = random.int(length)
    return {
      words: Array.from({ length }, () => `word${random.int(500)}`),
      entities: [{ start, end: start + 1, type }]
    }
  }
  const side = () => types.map(sentence)
  return Array.from({ length: count }, () => ({ types, support: side(), query: side() }))
}

const modelOf = (config: EncoderConfig, tokenizer: Tokenizer) => {
  // RoBERTa-base keeps its own vocabulary: its table is a third of what is trained.
  const encoder =
    config === robertaBase
      ? makeEncoder(config, initEncoder(config, 1), tokenizer)
      : randomEncoder(config, tokenizer, 1)
  const model = newModel(encoder, { scheme: "BIOES" })
  encoder.dispose()
  return model
}

/** Median seconds of an episode, the first one left out. */
const secondsOf = async (
  config: EncoderConfig,
  tokenizer: Tokenizer,
  all: ReadonlyArray<Episode>,
  options: { readonly frozenLayers?: number } = {}
): Promise<number> => {
  const model = modelOf(config, tokenizer)
  const seconds: Array<number> = []
  for await (const event of runEpisodes({ ...fixed, ...options, model, episodes: all })) {
    if (event.type === "episode") seconds.push(event.record.seconds)
  }
  model.dispose()
  return median(seconds.slice(1))
}

async function* run(): AsyncGenerator<Row> {
  const { name, threads } = await useEngine()
  const note = `engine ${name}, ${threads} threads; ${steps} updates of each stage, random weights`
  const all = episodes(repeats + 1, { least: 10, more: 31 })
  const texts = all.flatMap(({ query, support }) => [...support, ...query]).map(({ words }) => words.join(" "))
  const tokenizer = await trainByteLevelBpe(texts, { vocabSize: 800 })
  const configs = [small({ hidden: 128, layers: 4, heads: 2 }), small({ hidden: 256, layers: 4 })]
  const { query, support } = all[1]!
  const lengthsOf = async (side: ReadonlyArray<LabelledSentence>, config: EncoderConfig) =>
    (await encodeRows(side, { config, tokenizer }, { maxTokens: 128, long: "windows" })).rows.map(
      ({ ids }) => ids.length
    )
  const ours: Array<number> = []
  for (const config of configs) ours.push(await secondsOf(config, tokenizer, all))
  const cases = await Promise.all(
    configs.map(async (config) => ({
      ...{ hidden: config.hidden, layers: config.layers, heads: config.heads, vocabSize: tokenizer.vocabSize },
      ...{ types: types.length, support: await lengthsOf(support, config), query: await lengthsOf(query, config) }
    }))
  )
  const python = await runPython<{ seconds: Array<number>; version: string }>("tadner.py", {
    cases,
    threads,
    steps,
    repeats
  })
  for (const [i, { hidden, layers }] of configs.entries()) {
    const peer = python.skipped ? null : python.output.seconds[i]!
    yield {
      ...{ bench: "tadner", case: `5-way 1~2 episode, ${layers} x ${hidden}`, metric: "seconds", ours: ours[i]!, peer },
      ...{ peerName: "PyTorch", ratio: lessIsBetter(ours[i]!, peer) },
      note: python.skipped ? python.reason : `${note}; ${python.output.version}`
    }
  }
  const frozen = await secondsOf(configs[1]!, tokenizer, all, { frozenLayers: 1 })
  yield {
    ...{
      bench: "tadner",
      case: "the same, 1 of 4 layers of 256 frozen",
      metric: "seconds",
      ours: frozen,
      peer: ours[1]!
    },
    ...{ peerName: "ours, everything trained", ratio: lessIsBetter(frozen, ours[1]!), note }
  }
  yield {
    ...{ bench: "tadner", case: "memory of the process so far, at most", metric: "MiB" },
    ...{ ours: Math.round(process.resourceUsage().maxRSS / 1024), peer: null, peerName: "-", ratio: null, note }
  }
  yield await leak(tokenizer)
  yield await base(tokenizer, note)
}

const leak = async (tokenizer: Tokenizer): Promise<Row> => {
  const model = modelOf(small({ hidden: 16, layers: 1, heads: 1, positions: 40 }), tokenizer)
  const before = tf.memory().numTensors
  let count = 0
  const tiny = episodes(1000, { least: 2, more: 3 })
  for await (const event of runEpisodes({ steps: 2, model, episodes: tiny })) if (event.type === "episode") count++
  const left = tf.memory().numTensors - before
  model.dispose()
  return {
    ...{ bench: "tadner", case: `tensors left over after ${count} episodes`, metric: "tensors", ours: left },
    ...{ peer: null, peerName: "-", ratio: null }
  }
}

/** One update is timed, and an episode's cost told from it: 100 updates of each stage are the most that it makes. */
const base = async (tokenizer: Tokenizer, note: string): Promise<Row> => {
  const model = modelOf(robertaBase, tokenizer)
  const all = episodes(2, { least: 10, more: 31 })
  const times: Array<number> = []
  for (const steps of [1, 3]) {
    for await (const event of runEpisodes({ ...fixed, steps, model, episodes: all })) {
      if (event.type === "episode" && event.record.index === 1) times.push(event.record.seconds)
    }
  }
  model.dispose()
  const [one, three] = times
  const update = (three! - one!) / 2
  return {
    ...{ bench: "tadner", case: "5-way 1~2 episode, RoBERTa-base, an update of both", metric: "seconds", ours: update },
    ...{ peer: null, peerName: "-", ratio: null },
    note: `${note.split(";")[0]}; an episode with one update of each stage takes ${one!.toFixed(2)} s`
  }
}

export default { name: "tadner", run } satisfies Benchmark
