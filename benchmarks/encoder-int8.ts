/**
 * What 8-bit export costs: a small tagger trained from nothing on WNUT 2017, its entity F1 in transformers.js at fp32 and at int8, on test
 * sentences and on those it was trained on (where F1 is high, so that a loss would show).
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { AutoModelForTokenClassification, env, Tensor } from "@huggingface/transformers"
import { type LabelledSentence, readConll, rng, toTags } from "@nuner/core"
import {
  type Encoder,
  exportOnnx,
  forward,
  randomEncoder,
  small,
  type TokenBatch,
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

/** Entity micro-F1 of the exported model as transformers.js runs it, one sentence at a time. */
const scoreOf = async (
  directory: string,
  dtype: "fp32" | "q8",
  encoder: Encoder,
  sentences: ReadonlyArray<LabelledSentence>,
  labels: ReadonlyArray<string>
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
    const best = (token: number): string => {
      const row = (logits.data as Float32Array).slice(token * labels.length, (token + 1) * labels.length)
      return labels[row.indexOf(Math.max(...row))]!
    }
    tags.push(tokensOf.map(({ start }) => best(start)))
  }
  await network.dispose()
  return entityMicro(sentences, entitiesFromTags(tags, { scheme: "BIO" })).f1
}

async function* run(): AsyncGenerator<Row> {
  const data = dataDir()
  if (data === undefined) return
  const engine = await useEngine()
  const training = (await sentencesOf(join(data, "few-shot/wnut17/train.conll"))).slice(0, 1000)
  const test = await sentencesOf(join(data, "few-shot/wnut17/test.conll"))
  const labels = [
    ...new Set(["O", ...training.flatMap(({ entities, words }) => toTags(entities, words.length, "BIO"))])
  ].toSorted()
  const tokenizer = await trainByteLevelBpe(
    training.map(({ words }) => words.join(" ")),
    { vocabSize: 4000 }
  )
  const encoder = randomEncoder(small({ hidden: 128, layers: 2, positions: 514 }), tokenizer, 1)
  const head: Parameters = {
    kernel: tf.variable(tf.randomNormal([128, labels.length], 0, 0.02, "float32", 1)),
    bias: tf.variable(tf.zeros([labels.length]))
  }
  await fit(encoder, head, training, labels)
  const directory = await mkdtemp(join(tmpdir(), "nuner-bench-"))
  try {
    await exportOnnx(
      directory,
      { encoder, kernel: head.kernel!, bias: head.bias!, labels },
      { types: ["fp32", "int8"] }
    )
    for (const [name, sentences] of [
      ["its 1,000 training sentences", training],
      ["test", test]
    ] as const) {
      const peer = await scoreOf(directory, "fp32", encoder, sentences, labels)
      const ours = await scoreOf(directory, "q8", encoder, sentences, labels)
      yield {
        bench: "encoder-int8",
        case: `WNUT 2017, ${name}`,
        metric: "entity F1",
        ours,
        peer,
        peerName: "fp32 export",
        ratio: moreIsBetter(ours, peer),
        note: `int8 export; 2 layers x 128 trained from nothing, engine ${engine.name}`
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
    encoder.dispose()
    tf.dispose(Object.values(head))
  }
}

export default { name: "encoder-int8", run } satisfies Benchmark
