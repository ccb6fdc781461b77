import type { Episode } from "@nuner/core"
import {
  initEncoder,
  makeEncoder,
  randomEncoder,
  robertaBase,
  small,
  type Tokenizer,
  trainByteLevelBpe
} from "@nuner/encoder"
import { tf, useEngine } from "@nuner/engine"
import {
  adapt,
  adaptSettings,
  assemble,
  encodeRows,
  newModel,
  openSession,
  recognise,
  type TadNerModel,
  tagsOf
} from "@nuner/tadner"
import { madeEpisodes, madeTypes } from "./support/madeEpisodes.ts"
import { median } from "./support/median.ts"
import type { Benchmark, Row } from "./support/Row.ts"

/** About as many sub-tokens as a sentence of Few-NERD has (24 words). */
const lengths = { least: 4, more: 19 }

/**
 * What an episode is made of with RoBERTa-base, in processor time: an update of one stage, and one pass of prediction. Only the detector is that large,
 * so that this runs in 3 GB; the other stage's update has the same passes. An episode makes up to 100 updates of each stage, and the passes over
 * support and query that prediction needs: both by the classifier, the query by the detector, too. With frozen layers both networks are of that size.
 */
async function* run(): AsyncGenerator<Row> {
  const { name, threads } = await useEngine()
  const tokenizer = await trainByteLevelBpe(
    madeEpisodes(4, lengths).flatMap(({ support }) => support.map(({ words }) => words.join(" "))),
    { vocabSize: 400 }
  )
  const row = { bench: "tadner-base", metric: "seconds of processor time", peer: null, peerName: "-", ratio: null }
  const said = `engine ${name}, ${threads} threads, random weights`
  const detector = baseDetector(tokenizer)
  for (const sentences of [5, 25]) {
    const { of, predict, update } = await partsOf(detector, sentences)
    yield { ...row, case: `an update of one stage, ${of}`, ours: update, note: said }
    yield { ...row, case: `a pass of prediction, ${sentences} sentences`, ours: predict, note: said }
  }
  detector.dispose()
  const encoder = makeEncoder(robertaBase, initEncoder(robertaBase, 1), tokenizer)
  const model = newModel(encoder, { scheme: "BIOES" })
  encoder.dispose()
  const { of, predict, update } = await partsOf(model, 5, { frozenLayers: 9 })
  yield { ...row, case: `an update of both stages, 9 of 12 layers frozen, ${of}`, ours: update, note: said }
  yield { ...row, case: "two passes of prediction, 9 of 12 layers frozen, 5 sentences", ours: predict, note: said }
  model.dispose()
}

/** Median processor time of an update and of prediction. */
const partsOf = async (model: TadNerModel, sentences: number, options: { readonly frozenLayers?: number } = {}) => {
  const [{ query, support }] = madeEpisodes(1, { ...lengths, ofType: sentences / madeTypes.length }) as [Episode]
  const session = openSession(model, adaptSettings({ detectorPatience: 9, classifierPatience: 9, ...options }))
  const rows = await encodeRows(query, model.classifier, session.settings)
  const adaptIn = (steps: number) =>
    adapt({ ...session, settings: { ...session.settings, steps } }, { types: madeTypes, names: madeTypes, support })
  const timeOf = async (work: () => Promise<unknown>): Promise<number> => {
    const start = process.cpuUsage().user
    await work()
    return (process.cpuUsage().user - start) / 1e6
  }
  const adapted = await adaptIn(0)
  const times: Array<{ readonly update: number; readonly predict: number }> = []
  // The first time is left out: it encodes what is frozen.
  for (let repeat = 0; repeat < 4; repeat++) {
    const one = await timeOf(() => adaptIn(1))
    const three = await timeOf(() => adaptIn(3))
    times.push({ update: (three - one) / 2, predict: await timeOf(() => recognise(session, adapted, rows)) })
  }
  session.close()
  const tokens = (await encodeRows(support, model.classifier, session.settings)).rows.map(({ ids }) => ids.length)
  return {
    update: median(times.slice(1).map(({ update }) => update)),
    predict: median(times.slice(1).map(({ predict }) => predict)),
    of: `${sentences} sentences (${tokens.reduce((a, b) => a + b)} tokens, the longest ${Math.max(...tokens)})`
  }
}

/** RoBERTa-base, its own vocabulary's table included, as the detector; the classifier is small. */
const baseDetector = (tokenizer: Tokenizer): TadNerModel => {
  const config = small({ hidden: 16, layers: 1, heads: 1, positions: robertaBase.positions })
  const seed = randomEncoder(config, tokenizer, 1)
  const little = newModel(seed, { scheme: "BIOES" })
  seed.dispose()
  const { detector } = little
  const { hidden, initializerRange } = robertaBase
  const kernel = tf.tidy(() =>
    tf.variable(tf.randomNormal([hidden, tagsOf("BIOES").length], 0, initializerRange, "float32", 1))
  )
  const encoder = makeEncoder(robertaBase, initEncoder(robertaBase, 1), tokenizer)
  const model = assemble({ ...detector, encoder, kernel }, little.classifier)
  tf.dispose([detector.kernel])
  detector.encoder.dispose()
  return model
}

export default { name: "tadner-base", run } satisfies Benchmark
