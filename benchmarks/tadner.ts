/**
 * TadNER's episodes: seconds each against PyTorch with the same shapes and numbers of updates, the worth of frozen layers, peak memory, and
 * tensors left over after 1,000 episodes.
 */
import type { Episode, LabelledSentence } from "@nuner/core"
import { type EncoderConfig, randomEncoder, small, type Tokenizer, trainByteLevelBpe } from "@nuner/encoder"
import { tf, useEngine } from "@nuner/engine"
import { encodeRows, newModel, runEpisodes } from "@nuner/tadner"
import { madeEpisodes, madeTypes } from "./support/madeEpisodes.ts"
import { median } from "./support/median.ts"
import { runPython } from "./support/python.ts"
import { type Benchmark, lessIsBetter, type Row } from "./support/Row.ts"

/** Updates of each stage; the stop rule is set not to end it before. */
const steps = 20
const repeats = 5
const fixed = { steps, detectorPatience: steps, classifierPatience: steps }

const modelOf = (config: EncoderConfig, tokenizer: Tokenizer) => {
  const encoder = randomEncoder(config, tokenizer, 1)
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
  const all = madeEpisodes(repeats + 1, { least: 10, more: 31 })
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
      ...{ types: madeTypes.length, support: await lengthsOf(support, config), query: await lengthsOf(query, config) }
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
}

const leak = async (tokenizer: Tokenizer): Promise<Row> => {
  const model = modelOf(small({ hidden: 16, layers: 1, heads: 1, positions: 40 }), tokenizer)
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

export default { name: "tadner", run } satisfies Benchmark
