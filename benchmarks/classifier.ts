/** The frozen protocol on MIT Movie against scikit-learn; encoding words and fine-tuning against PyTorch. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  classesOf,
  fineTune,
  fitProbe,
  labelsOf,
  predictFeatures,
  probabilities,
  selectSentences,
  type WordFeatures,
  wordFeatures
} from "@nuner/classifier"
import { type LabelledSentence, typesIn } from "@nuner/core"
import { type Encoder, randomEncoder, saveEncoder, small, trainByteLevelBpe } from "@nuner/encoder"
import { type EngineReport, useEngine } from "@nuner/engine"
import { type MinedSet, mineSets, pool } from "@nuner/miner"
import { labelled } from "./support/labelled.ts"
import { median } from "./support/median.ts"
import { runPython } from "./support/python.ts"
import { type Benchmark, lessIsBetter, moreIsBetter, type Row } from "./support/Row.ts"

const ks = [1, 2, 4, 8, 16, 32, 64]
const sets = 10
/** What scikit-learn is given too: it takes its time. */
const peerKs = [1, 8, 64]
const peerSets = 3
const c = 0.1

async function* run(): AsyncGenerator<Row> {
  const engine = await useEngine()
  const [train, test] = [await labelled("train"), await labelled("test")]
  const texts = train.sentences.map(({ words }) => words.join(" "))
  const tokenizer = await trainByteLevelBpe(texts, { vocabSize: 8192 })
  const encoder = randomEncoder(small(), tokenizer, 1)
  yield* protocolRows(encoder, train, test, engine)
  yield* networkRows(encoder, train.sentences, test, engine)
  encoder.dispose()
}

type Dataset = Awaited<ReturnType<typeof labelled>>

/** Every mined set: fit, and class probabilities of the whole test set; no encoding. */
async function* protocolRows(
  encoder: Encoder,
  train: Dataset,
  test: Dataset,
  engine: EngineReport
): AsyncGenerator<Row> {
  const dataset = pool(train.sentences)
  const mined = ks.map((k) => mineSets({ sentences: dataset, k, sets, seed: 1 }))
  const all = await wordFeatures(encoder, train.sentences)
  const tested = await wordFeatures(encoder, test.sentences)
  const compared = mined.flatMap((ofK) => (peerKs.includes(ofK[0]!.k) ? ofK.slice(0, peerSets) : []))
  const ours = compared.map((set) => fitted(set, all, tested))
  const theirs = await scikitLearn(train.sentences, all, tested, compared)
  if (!theirs.skipped) checkEqual(ours, theirs.output.answers)
  for (const k of peerKs) {
    const ofK = (answers: ReadonlyArray<Answer>) =>
      median(answers.filter((_, i) => compared[i]!.k === k).map(({ fit }) => fit))
    const peer = theirs.skipped ? null : ofK(theirs.output.answers)
    yield {
      ...{ bench: "classifier", case: `fitProbe, k = ${k}, ${train.name}`, metric: "ms", ours: ofK(ours), peer },
      peerName: theirs.skipped ? "scikit-learn" : theirs.output.version,
      ratio: lessIsBetter(ofK(ours), peer),
      note: theirs.skipped ? theirs.reason : described(engine)
    }
  }
  for (const options of [{ c }, { c: "cv" }] as const) {
    const started = performance.now()
    for (const set of mined.flat()) {
      const { head } = fitProbe(selectSentences(all, set.indexes), set.sentences, options)
      predictFeatures({ head }, tested)
    }
    yield {
      bench: "classifier",
      case: `${ks.length} k x ${sets} sets, c ${options.c}, ${train.name}`,
      metric: "seconds",
      ...{ ours: (performance.now() - started) / 1000, peer: null, peerName: "", ratio: null },
      note: `fit and entities of the whole test set; ${described(engine)}`
    }
  }
}

const fitted = (set: MinedSet, all: WordFeatures, tested: WordFeatures): Answer => {
  const features = selectSentences(all, set.indexes)
  const started = performance.now()
  const { head, converged } = fitProbe(features, set.sentences, { c })
  const fit = performance.now() - started
  if (!converged) throw new Error(`the fit of a set of k = ${set.k} did not converge`)
  return { fit, sample: probabilities(head, tested.values.subarray(0, 200 * tested.width)) }
}

interface Answer {
  readonly fit: number
  readonly sample: ArrayLike<number>
}

const scikitLearn = async (
  sentences: ReadonlyArray<LabelledSentence>,
  train: WordFeatures,
  test: WordFeatures,
  mined: ReadonlyArray<MinedSet>
) => {
  const directory = await mkdtemp(join(tmpdir(), "nuner-bench-"))
  try {
    const labels = labelsOf(sentences, classesOf(typesIn(sentences)))
    const files = { train: train.values, test: test.values, labels }
    for (const [name, values] of Object.entries(files)) await Bun.write(join(directory, name), values)
    return await runPython<{ answers: Array<Answer>; version: string }>("classifier.py", {
      ...Object.fromEntries(Object.keys(files).map((name) => [name, join(directory, name)])),
      ...{ width: train.width, starts: [...train.starts], sets: mined.map(({ indexes }) => indexes), c }
    })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Both stop at a gradient of 1e-5: near the same optimum. */
const checkEqual = (ours: ReadonlyArray<Answer>, theirs: ReadonlyArray<Answer>): void => {
  for (const [n, { sample }] of ours.entries()) {
    const other = theirs[n]!.sample
    const worst = Array.from(sample).reduce((most, value, i) => Math.max(most, Math.abs(value - other[i]!)), 0)
    if (!(sample.length === other.length && worst < 5e-3)) throw new Error(`set ${n}: probabilities differ by ${worst}`)
  }
}

/** Vectors of the test words, and epochs of fine-tuning on the first sentences. */
async function* networkRows(
  encoder: Encoder,
  sentences: ReadonlyArray<LabelledSentence>,
  test: Dataset,
  engine: EngineReport
): AsyncGenerator<Row> {
  const few = sentences.slice(0, 160)
  const repeats = 3
  const encodings: Array<number> = []
  for (let round = 0; round <= repeats; round++) {
    const started = performance.now()
    await wordFeatures(encoder, test.sentences)
    if (round > 0) encodings.push((performance.now() - started) / 1000)
  }
  const epochs: Array<number> = []
  for await (const event of fineTune({ encoder, train: few, epochs: repeats + 1, headHidden: encoder.config.hidden })) {
    if (event.type === "step" && event.epoch > 1)
      epochs[event.epoch - 2] = (epochs[event.epoch - 2] ?? 0) + event.seconds
    if (event.type === "done") event.classifier.dispose()
  }
  const theirs = await pyTorch(encoder, few, test.sentences, repeats, engine.threads)
  const name = theirs.skipped ? "PyTorch" : theirs.output.version
  const note = theirs.skipped ? theirs.reason : described(engine)
  const rate = (seconds: number) => Math.round(test.sentences.length / seconds)
  const mine = rate(median(encodings))
  const peer = theirs.skipped ? null : rate(theirs.output.encoding)
  yield {
    ...{
      bench: "classifier",
      case: `wordFeatures, 4 layers x 256, ${test.name}`,
      metric: "sentences/s",
      ours: mine,
      peer
    },
    ...{ peerName: name, ratio: moreIsBetter(mine, peer), note: `${note}; tokenization is in ours only` }
  }
  const epoch = theirs.skipped ? null : theirs.output.epoch
  yield {
    ...{ bench: "classifier", case: `fineTune, 4 layers x 256, ${few.length} sentences`, metric: "s/epoch" },
    ...{ ours: median(epochs), peer: epoch, peerName: name, ratio: lessIsBetter(median(epochs), epoch), note }
  }
}

const pyTorch = async (
  encoder: Encoder,
  train: ReadonlyArray<LabelledSentence>,
  test: ReadonlyArray<LabelledSentence>,
  repeats: number,
  threads: number
) => {
  const directory = await mkdtemp(join(tmpdir(), "nuner-bench-"))
  try {
    await saveEncoder(directory, encoder)
    const classes = classesOf(typesIn(train))
    const item = async (sentence: LabelledSentence) => {
      const { ids, tokensOf } = await encoder.tokenizer.encodeWords(sentence.words)
      const known = { ...sentence, entities: sentence.entities.filter(({ type }) => classes.includes(type)) }
      return { ids: [...ids], first: tokensOf.map(({ start }) => start), labels: [...labelsOf([known], classes)] }
    }
    return await runPython<{ encoding: number; epoch: number; version: string }>("classifier_torch.py", {
      ...{ directory, threads, repeats, classes: classes.length },
      train: await Promise.all(train.map(item)),
      test: await Promise.all(test.map(item))
    })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const described = ({ name, threads }: EngineReport): string => `engine ${name}, ${threads} threads`

export default { name: "classifier", run } satisfies Benchmark
