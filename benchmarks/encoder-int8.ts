/**
 * What 8-bit export costs: entity F1 in transformers.js at fp32 and at int8, on the test set of WNUT 2017. Of a model of yours with
 * `NUNER_MODEL=<directory>` (of `nuner finetune`, or any token classifier) and, for another test set, `NUNER_TEST=<file>`; else of a small tagger
 * trained from nothing, also on the sentences that it was trained on, where F1 is high, so that a loss would show.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { AutoModelForTokenClassification, env, Tensor } from "@huggingface/transformers"
import { type ClassScheme, loadClassifier, type Pooling } from "@nuner/classifier"
import { type LabelledSentence, readConll, rng, type Span, toTags } from "@nuner/core"
import {
  type Encoder,
  exportOnnx,
  forward,
  maxTokens,
  randomEncoder,
  small,
  type TokenBatch,
  type TokenClassifier,
  tokenBatch,
  trainByteLevelBpe,
  type WordEncoding
} from "@nuner/encoder"
import { adamW, crossEntropy, linear, type Parameters, schedules, tf, train, useEngine } from "@nuner/engine"
import { entitiesFromTags, entityMicro } from "@nuner/metrics"
import { dataDir } from "@nuner/testing"
import { type Benchmark, moreIsBetter, type Row } from "./support/Row.ts"

env.allowRemoteModels = false

const sentencesOf = async (path: string): Promise<Array<LabelledSentence>> => {
  const sentences: Array<LabelledSentence> = []
  for await (const sentence of readConll(path)) sentences.push(sentence)
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

/** Entity micro-F1 of the exported model as transformers.js runs it, one sentence at a time. */
const scoreOf = async (
  directory: string,
  dtype: "fp32" | "q8",
  { model: { encoder, labels }, pooling, scheme }: Tagger,
  sentences: ReadonlyArray<LabelledSentence>
): Promise<number> => {
  const network = await AutoModelForTokenClassification.from_pretrained(directory, { dtype })
  const encodings = await encoder.tokenizer.encodeWordsBatch(sentences.map(({ words }) => words))
  const tags: Array<Array<string>> = []
  for (const { ids, tokensOf } of encodings) {
    const shape = [1, ids.length]
    const { logits } = await network({
      input_ids: new Tensor("int64", BigInt64Array.from(ids, BigInt), shape),
      attention_mask: new Tensor("int64", new BigInt64Array(ids.length).fill(1n), shape)
    })
    const values = logits.data as Float32Array
    const best = ({ start, end }: Span): string => {
      const row = values.slice(start * labels.length, (start + 1) * labels.length)
      if (pooling === "mean")
        for (let token = start + 1; token < end; token++) {
          for (let k = 0; k < row.length; k++) row[k]! += values[token * row.length + k]!
        }
      return labels[row.indexOf(Math.max(...row))]!
    }
    tags.push(tokensOf.map(best))
  }
  await network.dispose()
  return entityMicro(sentences, entitiesFromTags(tags, { scheme })).f1
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
    yield* compare(tagger, [[path.split("/").slice(-2).join("/"), test]], `int8 export; ${describe(encoder)}, ${given}`)
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
    `int8 export; ${describe(model.encoder)} trained from nothing, engine ${engine.name}`
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

/** Entity F1 of both exports of a model on sets of sentences. */
async function* compare(
  tagger: Tagger,
  sets: ReadonlyArray<readonly [string, ReadonlyArray<LabelledSentence>]>,
  note: string
): AsyncGenerator<Row> {
  const directory = await mkdtemp(join(tmpdir(), "nuner-bench-"))
  try {
    await exportOnnx(directory, tagger.model, { types: ["fp32", "int8"] })
    const { encoder } = tagger.model
    for (const [name, all] of sets) {
      // The exported network reads one window.
      const encodings = await encoder.tokenizer.encodeWordsBatch(all.map(({ words }) => words))
      const sentences = all.filter((_, i) => encodings[i]!.ids.length <= maxTokens(encoder.config))
      const long = all.length - sentences.length
      const peer = await scoreOf(directory, "fp32", tagger, sentences)
      const ours = await scoreOf(directory, "q8", tagger, sentences)
      yield {
        bench: "encoder-int8",
        case: name,
        metric: "entity F1",
        ours,
        peer,
        peerName: "fp32 export",
        ratio: moreIsBetter(ours, peer),
        note: long === 0 ? note : `${note}; ${long} of ${all.length} sentences, longer than its window, left out`
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

export default { name: "encoder-int8", run } satisfies Benchmark
