/**
 * What 16- and 8-bit export costs: entity F1 in transformers.js at fp32, fp16 and int8, and of our engine, on the test set of WNUT 2017. Of a
 * model of yours with `NUNER_MODEL=<directory>` (of `nuner finetune --head-hidden 0`, or any token classifier) and, for another test set,
 * `NUNER_TEST=<file>`; else of a small tagger trained from nothing, also on the sentences that it was trained on, where F1 is high, so that a
 * loss would show.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { AutoModelForTokenClassification, env, type PreTrainedModel, Tensor } from "@huggingface/transformers"
import { type ClassScheme, loadClassifier, type Pooling } from "@nuner/classifier"
import { type LabelledSentence, readLabelled, rng, type Span, toTags } from "@nuner/core"
import {
  type Encoder,
  exportOnnx,
  forward,
  maxTokens,
  mergeWindows,
  randomEncoder,
  small,
  type TokenBatch,
  type TokenClassifier,
  tokenBatch,
  tokenWindows,
  trainByteLevelBpe,
  type WindowResult,
  type WordEncoding
} from "@nuner/encoder"
import { adamW, crossEntropy, linear, type Parameters, schedules, tf, train, useEngine } from "@nuner/engine"
import { entitiesFromTags, entityMicro } from "@nuner/metrics"
import { dataDir } from "@nuner/testing"
import { type Benchmark, moreIsBetter, type Row } from "./support/Row.ts"

env.allowRemoteModels = false

const sentencesOf = async (path: string): Promise<Array<LabelledSentence>> => {
  const sentences: Array<LabelledSentence> = []
  for await (const sentence of readLabelled(path)) sentences.push(sentence)
  return sentences
}

/** Class of every token: that of its word at the word's first token, -100 elsewhere. */
const targets = (
  { wordOf, tokensOf }: WordEncoding,
  sentence: LabelledSentence,
  labels: ReadonlyArray<string>
): Int32Array => {
  const tags = toTags(sentence.entities, sentence.words.length, "BIO")
  return Int32Array.from(wordOf, (word, token) =>
    word >= 0 && tokensOf[word]!.start === token ? labels.indexOf(tags[word]!) : -100
  )
}

const fit = async (
  encoder: Encoder,
  head: Parameters,
  sentences: ReadonlyArray<LabelledSentence>,
  labels: ReadonlyArray<string>
) => {
  const steps = 1200
  const rows = 16
  const encodings = await encoder.tokenizer.encodeWordsBatch(sentences.map(({ words }) => words))
  const batches = (index: number): { batch: TokenBatch; classes: Int32Array } => {
    const chosen = rng(index)
      .shuffle([...sentences.keys()])
      .slice(0, rows)
    const batch = tokenBatch(
      chosen.map((at) => encodings[at]!.ids),
      encoder.config.padId
    )
    const classes = new Int32Array(batch.rows * batch.tokens).fill(-100)
    for (const [row, at] of chosen.entries())
      classes.set(targets(encodings[at]!, sentences[at]!, labels), row * batch.tokens)
    return { batch, classes }
  }
  const events = train({
    parameters: { ...encoder.parameters, ...head },
    optimizer: adamW({}),
    schedule: schedules.linear({ peak: 1e-3, warmup: 100, total: steps }),
    steps,
    batches,
    clip: 1,
    loss: ({ batch, classes }) => {
      const flat = tf.reshape(forward(encoder, batch)[0]!, [-1, encoder.config.hidden]) as tf.Tensor2D
      return crossEntropy(linear(flat, head.kernel!, head.bias!), classes)
    }
  })
  for await (const event of events)
    if (event.type === "step" && event.step % 200 === 0)
      console.error(`step ${event.step}: loss ${event.loss.toFixed(3)}`)
}

/** A token classifier, how its classes write entities down, and which sub-tokens speak for a word. */
interface Tagger {
  readonly model: TokenClassifier
  readonly scheme: ClassScheme
  readonly pooling: Pooling
}

/** Logits `[tokens, labels]` of one window, special tokens included. */
type Network = (ids: Int32Array) => Promise<Float32Array>

/** Entity micro-F1 of a network, one sentence at a time, long ones in windows. */
const scoreOf = async (
  network: Network,
  { model: { encoder, labels }, pooling, scheme }: Tagger,
  sentences: ReadonlyArray<LabelledSentence>
): Promise<number> => {
  const width = labels.length
  const tags: Array<Array<string>> = []
  for (const encoding of await encoder.tokenizer.encodeWordsBatch(sentences.map(({ words }) => words))) {
    const windows: Array<WindowResult> = []
    for (const window of tokenWindows(encoding.ids, encoder.tokenizer, maxTokens(encoder.config))) {
      windows.push({ window, values: await network(window.ids), width })
    }
    const values = mergeWindows(encoding, windows)
    const best = ({ start, end }: Span): string => {
      const row = values.slice(start * width, (start + 1) * width)
      if (pooling === "mean")
        for (let token = start + 1; token < end; token++) {
          for (let k = 0; k < width; k++) row[k]! += values[token * width + k]!
        }
      return labels[row.indexOf(Math.max(...row))]!
    }
    tags.push(encoding.tokensOf.map(best))
  }
  return entityMicro(sentences, entitiesFromTags(tags, { scheme })).f1
}

const ourNetwork =
  ({ encoder, kernel, bias }: TokenClassifier): Network =>
  async (ids) => {
    const logits = tf.tidy(() => {
      const [state] = forward(encoder, tokenBatch([ids], encoder.config.padId))
      return linear(tf.reshape(state!, [ids.length, encoder.config.hidden]) as tf.Tensor2D, kernel, bias)
    })
    const values = (await logits.data()) as Float32Array
    logits.dispose()
    return values
  }

/** As transformers.js runs an export. */
const exported =
  (network: PreTrainedModel): Network =>
  async (ids) => {
    const shape = [1, ids.length]
    const { logits } = await network({
      input_ids: new Tensor("int64", BigInt64Array.from(ids, BigInt), shape),
      attention_mask: new Tensor("int64", new BigInt64Array(ids.length).fill(1n), shape)
    })
    return logits.data as Float32Array
  }

async function* run(): AsyncGenerator<Row> {
  const data = dataDir()
  if (data === undefined) return
  const engine = await useEngine()
  const path = process.env.NUNER_TEST ?? join(data, "few-shot/wnut17/test.conll")
  const test = await sentencesOf(path)
  const given = process.env.NUNER_MODEL
  if (given !== undefined) {
    const { encoder, head, pooling, scheme } = await loadClassifier(given)
    const [kernel, bias] = [
      tf.tensor2d(head.kernel, [encoder.config.hidden, head.classes.length]),
      tf.tensor1d(head.bias)
    ]
    const tagger = { model: { encoder, kernel, bias, labels: head.classes }, scheme, pooling }
    yield* compare(tagger, [[path.split("/").slice(-2).join("/"), test]], `${describe(encoder)}, ${given}`)
    encoder.dispose()
    tf.dispose([kernel, bias])
    return
  }
  const training = (await sentencesOf(join(data, "few-shot/wnut17/train.conll"))).slice(0, 1000)
  const { dispose, model } = await taggerOf(training)
  const sets = [
    ["its 1,000 training sentences", training],
    ["wnut17/test.conll", test]
  ] as const
  yield* compare(
    { model, scheme: "BIO", pooling: "first" },
    sets,
    `${describe(model.encoder)} trained from nothing, engine ${engine.name}`
  )
  dispose()
}

const describe = ({ config }: Pick<Encoder, "config">): string => `${config.layers} layers x ${config.hidden}`

/** A small tagger of these sentences, trained from nothing. */
const taggerOf = async (
  sentences: ReadonlyArray<LabelledSentence>
): Promise<{ readonly model: TokenClassifier; readonly dispose: () => void }> => {
  const labels = [
    ...new Set(["O", ...sentences.flatMap(({ entities, words }) => toTags(entities, words.length, "BIO"))])
  ].toSorted()
  const tokenizer = await trainByteLevelBpe(
    sentences.map(({ words }) => words.join(" ")),
    { vocabSize: 4000 }
  )
  const encoder = randomEncoder(small({ hidden: 128, layers: 2, positions: 514 }), tokenizer, 1)
  const head = {
    kernel: tf.variable(tf.randomNormal([128, labels.length], 0, 0.02, "float32", 1)),
    bias: tf.variable(tf.zeros([labels.length]))
  }
  await fit(encoder, head, sentences, labels)
  const dispose = () => {
    encoder.dispose()
    tf.dispose(Object.values(head))
  }
  return { model: { encoder, ...head, labels }, dispose }
}

/** Entity F1 of our engine and of the smaller exports, each beside the fp32 export, on sets of sentences. */
async function* compare(
  tagger: Tagger,
  sets: ReadonlyArray<readonly [string, ReadonlyArray<LabelledSentence>]>,
  note: string
): AsyncGenerator<Row> {
  const directory = await mkdtemp(join(tmpdir(), "nuner-bench-"))
  try {
    await exportOnnx(directory, tagger.model, { types: ["fp32", "fp16", "int8"] })
    const scoreOfExport = async (dtype: "fp32" | "fp16" | "q8", sentences: ReadonlyArray<LabelledSentence>) => {
      const network = await AutoModelForTokenClassification.from_pretrained(directory, { dtype })
      const f1 = await scoreOf(exported(network), tagger, sentences)
      await network.dispose()
      return f1
    }
    for (const [name, sentences] of sets) {
      const peer = await scoreOfExport("fp32", sentences)
      const scores = {
        "our engine": await scoreOf(ourNetwork(tagger.model), tagger, sentences),
        "fp16 export": await scoreOfExport("fp16", sentences),
        "int8 export": await scoreOfExport("q8", sentences)
      }
      for (const [what, ours] of Object.entries(scores)) {
        const row = { bench: "encoder-int8", case: `${name}, ${what}`, metric: "entity F1", ours, peer, note }
        yield { ...row, peerName: "fp32 export in transformers.js", ratio: moreIsBetter(ours, peer) }
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

export default { name: "encoder-int8", run } satisfies Benchmark
