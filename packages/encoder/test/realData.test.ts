import { expect } from "bun:test"
import { join } from "node:path"
import { AutoModelForTokenClassification, AutoTokenizer, env } from "@huggingface/transformers"
import { tf } from "@nuner/engine"
import { close, tempDir, testEngine, withData } from "@nuner/testing"
import {
  encode,
  exportOnnx,
  forward,
  loadTokenizer,
  mergeWindows,
  randomEncoder,
  runWindows,
  saveEncoder,
  small,
  trainWordPiece
} from "../src/index.ts"

env.allowRemoteModels = false
env.useFSCache = false

const sentences = async (data: string, count: number): Promise<Array<string>> => {
  const lines = (await Bun.file(join(data, "text/c4-sentences.jsonl")).text()).split("\n", count)
  return lines.map((line) => JSON.parse(line).text)
}

withData(
  "RoBERTa's tokenizer: ids of 5,000 C4 sentences equal transformers.js's, and every offset slices its token",
  async (data) => {
    await testEngine()
    const tokenizer = await loadTokenizer(join(data, "tokenizer/roberta"))
    using dir = tempDir()
    const encoder = randomEncoder(small({ hidden: 8, layers: 1, heads: 1, feedForward: 8 }), tokenizer, 1)
    await saveEncoder(dir.path, encoder)
    encoder.dispose()
    const theirs = await AutoTokenizer.from_pretrained(dir.path)
    const texts = await sentences(data, 5000)
    const encodings = await tokenizer.encodeBatch(texts)
    // A byte-level token's string is its bytes, one character each.
    const bytes = byteOfCharacter()
    for (const [index, { ids, offsets, special }] of encodings.entries()) {
      const text = texts[index]!
      expect([...ids]).toEqual(theirs.encode(text))
      const tokens = tokenizer.tokens(ids)
      for (const [token, { start, end }] of offsets.entries()) {
        if (special[token]) continue
        const raw = Uint8Array.from([...tokens[token]!], (character) => bytes.get(character)!)
        const written = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(raw).trim()
        // A token that is part of a character has the whole character's offsets.
        if (!written.includes("\ufffd")) expect(text.slice(start, end)).toBe(written)
        else expect(end).toBeGreaterThan(start)
      }
    }
  }
)

for (const architecture of ["roberta", "bert"] as const) {
  withData(
    `a ${architecture}'s export gives our logits and labels on 200 C4 sentences in transformers.js`,
    async (data) => {
      await testEngine()
      const texts = await sentences(data, 200)
      const tokenizer =
        architecture === "roberta"
          ? await loadTokenizer(join(data, "tokenizer/roberta"))
          : await trainWordPiece(texts, { vocabSize: 2000 })
      using dir = tempDir()
      const config = small({ architecture, hidden: 48, layers: 3, heads: 4, positions: 514, initializerRange: 0.15 })
      const encoder = randomEncoder(config, tokenizer, 3)
      const labels = ["O", "B-A", "I-A", "B-B", "I-B"]
      const kernel = tf.randomNormal([48, 5], 0, 1, "float32", 1) as tf.Tensor2D
      const bias = tf.zeros([5])
      await exportOnnx(dir.path, { encoder, kernel, bias, labels })
      const theirs = await AutoTokenizer.from_pretrained(dir.path)
      const network = await AutoModelForTokenClassification.from_pretrained(dir.path, { dtype: "fp32" })
      const encodings = await tokenizer.encodeBatch(texts)
      const ours = await runWindows(encoder, encodings, async (batch) =>
        tf.tidy(() => {
          const [state] = forward(encoder, batch)
          return tf.matMul(tf.reshape(state!, [-1, 48]) as tf.Tensor2D, kernel).dataSync() as Float32Array
        })
      )
      const best = (logits: Float32Array) =>
        Array.from({ length: logits.length / 5 }, (_, token) => {
          const row = logits.slice(token * 5, token * 5 + 5)
          return labels[row.indexOf(Math.max(...row))]
        })
      const found = new Set<string | undefined>()
      for (const [index, text] of texts.entries()) {
        const output = (await network(theirs(text))).logits as { data: Float32Array }
        const logits = mergeWindows(encodings[index]!, ours[index]!)
        close(logits, output.data, 1e-4)
        expect(best(logits)).toEqual(best(output.data))
        for (const label of best(logits)) found.add(label)
      }
      expect(found.size).toBeGreaterThan(2)
      await network.dispose()
      encoder.dispose()
      tf.dispose([kernel, bias])
    }
  )
}

withData("a corpus streams: as many results as sentences, none cut", async (data) => {
  await testEngine()
  const tokenizer = await loadTokenizer(join(data, "tokenizer/roberta"))
  const encoder = randomEncoder(small({ hidden: 8, layers: 1, heads: 1, feedForward: 8, positions: 66 }), tokenizer, 1)
  const texts = await sentences(data, 3000)
  let index = 0
  let windows = 0
  for await (const { text, ids, values, width, windows: count } of encode(encoder, texts)) {
    expect(text).toBe(texts[index]!)
    expect(values.length).toBe(ids.length * width)
    expect(ids.length > 64).toBe(count > 1)
    windows += count
    index++
  }
  expect(index).toBe(3000)
  expect(windows).toBeGreaterThan(3000)
  encoder.dispose()
})

/** GPT-2's table: which byte each character of the byte-level alphabet stands for. */
const byteOfCharacter = (): Map<string, number> => {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
  const map = new Map<string, number>()
  let next = 256
  for (let byte = 0; byte < 256; byte++) map.set(String.fromCodePoint(printable(byte) ? byte : next++), byte)
  return map
}
