import { describe, expect, test } from "bun:test"
import { tf } from "@nuner/engine"
import { close, leakCheck } from "@nuner/testing"
import { type EncodedText, encode, forward, mergeWindows, runWindows, tokenBatch } from "../src/index.ts"
import { texts } from "./texts.ts"
import { tiny } from "./tiny.ts"

const collect = async (stream: AsyncIterable<EncodedText>) => {
  const all: Array<EncodedText> = []
  for await (const one of stream) all.push(one)
  return all
}
const long = texts.slice(0, 3).join(" ")

/** Hidden states of one text by itself, `[tokens, hidden]`. */
const alone = (encoder: ReturnType<typeof tiny>, ids: Int32Array, layer = -1): Float32Array => {
  const [state] = forward(encoder, tokenBatch([ids], encoder.config.padId), { layers: [layer] })
  const values = Float32Array.from(state!.dataSync())
  state!.dispose()
  return values
}

describe("encode", () => {
  test("gives each text what it gets by itself, in order, whatever the batches", () =>
    leakCheck(async () => {
      const encoder = tiny()
      const some = [...texts.map((text) => text.slice(0, 20)), "", "a"]
      for (const options of [{ batchTokens: 16, readAhead: 3 }, {}]) {
        const results = await collect(encode(encoder, some, options))
        expect(results.map(({ text }) => text)).toEqual(some)
        for (const { text, ids, offsets, values, width, windows } of results) {
          expect(windows).toBe(1)
          expect(values.length).toBe(ids.length * width)
          expect(offsets.length).toBe(ids.length)
          expect(Math.max(...offsets.map(({ end }) => end))).toBeGreaterThanOrEqual(text.trimEnd().length)
          close(values, alone(encoder, ids), 1e-5)
        }
      }
      encoder.dispose()
    }))

  test("words that are given are those that are pooled, in their text or joined by spaces", () =>
    leakCheck(async () => {
      const encoder = tiny()
      const [words, text] = [["Marie", "Curie", "of", "Warsaw"], "Marie Curie of Warsaw"]
      const [own] = await collect(encode(encoder, [text], { pooling: "word" }))
      const [joined] = await collect(encode(encoder, [{ words }], { pooling: "word" }))
      expect(joined!.text).toBe(text)
      close(joined!.values, own!.values, 1e-6)
      const offsets = [
        { start: 0, end: 11 },
        { start: 12, end: 14 }
      ]
      const placed = { words: ["Marie Curie", "of"], text, offsets }
      const [some] = await collect(encode(encoder, [placed], { pooling: "word" }))
      expect(some!.offsets).toEqual(offsets)
      close(some!.values.subarray(16), own!.values.subarray(32, 48), 1e-6)
      encoder.dispose()
    }))

  test("concatenates layers and pools, for RoBERTa and BERT", () =>
    leakCheck(async () => {
      for (const architecture of ["roberta", "bert"] as const) {
        const encoder = tiny(architecture)
        const text = "Marie Curie"
        const [plain] = await collect(encode(encoder, [text], { layers: [-1, -3] }))
        expect(plain!.width).toBe(32)
        const [last, third] = [alone(encoder, plain!.ids), alone(encoder, plain!.ids, 1)]
        const row = (token: number) => [
          ...last.slice(token * 16, token * 16 + 16),
          ...third.slice(token * 16, token * 16 + 16)
        ]
        const rows = Array.from(plain!.ids, (_, token) => row(token))
        close(plain!.values, rows.flat(), 1e-5)
        const [first] = await collect(encode(encoder, [text], { layers: [-1, -3], pooling: "first" }))
        close(first!.values, rows[0]!, 1e-5)
        const [mean] = await collect(encode(encoder, [text], { layers: [-1, -3], pooling: "mean" }))
        const inner = rows.slice(1, -1)
        close(
          mean!.values,
          rows[0]!.map((_, i) => inner.reduce((sum, r) => sum + r[i]!, 0) / inner.length),
          1e-5
        )
        encoder.dispose()
      }
    }))

  test("cuts nothing off: each token of a long text comes from the window where its context is largest", () =>
    leakCheck(async () => {
      const encoder = tiny()
      const [whole] = await collect(encode(encoder, [long], { overlap: 10 }))
      const { ids, values, windows, width } = whole!
      expect(windows).toBeGreaterThan(2)
      expect(values.length).toBe(ids.length * width)
      // By hand: windows of 44 tokens between <s> and </s>, evenly spread.
      const inner = ids.slice(1, -1)
      const starts = Array.from({ length: windows }, (_, i) => Math.round((i * (inner.length - 44)) / (windows - 1)))
      const outputs = starts.map((start) => alone(encoder, Int32Array.of(0, ...inner.slice(start, start + 44), 2)))
      for (let token = 0; token < inner.length; token++) {
        const context = (start: number) =>
          token < start || token >= start + 44
            ? -1
            : Math.min(
                start === 0 ? Number.POSITIVE_INFINITY : token - start,
                start + 44 === inner.length ? Number.POSITIVE_INFINITY : start + 43 - token
              )
        const best = starts.reduce((a, b) => (context(b) > context(a) ? b : a))
        const at = (token - best + 1) * width
        close(
          values.slice((token + 1) * width, (token + 2) * width),
          outputs[starts.indexOf(best)]!.slice(at, at + width),
          1e-5
        )
      }
      const [pooled] = await collect(encode(encoder, [long], { overlap: 10, pooling: "mean" }))
      expect(pooled!.values.length).toBe(width)
      encoder.dispose()
    }))

  test("takes a stream and refuses options that it does not have", async () => {
    const encoder = tiny()
    async function* corpus() {
      yield* texts
    }
    expect((await collect(encode(encoder, corpus(), { readAhead: 5 }))).length).toBe(texts.length)
    await expect(collect(encode(encoder, texts, { layers: [9] }))).rejects.toThrow("layers")
    // A string is iterable, and the compiler takes it: three texts of a letter each.
    await expect(collect(encode(encoder, "Ada"))).rejects.toThrow('encode: option "texts": is one text')
    await expect(collect(encode(encoder, texts, { pool: "mean" } as never))).rejects.toThrow("pool")
    encoder.dispose()
  })
})

test("what the host has to tell is heard between the batches of a text, also where a network computes at once", async () => {
  const encoder = tiny()
  const encoding = await encoder.tokenizer.encode(long.repeat(20))
  const stop = new AbortController()
  let batches = 0
  const network = async ({ ids }: Parameters<typeof forward>[1]) => {
    if (batches++ === 0) setTimeout(() => stop.abort(new Error("heard")), 0)
    // As long as a batch takes.
    Bun.sleepSync(2)
    return new Float32Array(ids.length)
  }
  const run = runWindows(encoder, [encoding], network, { batchTokens: 16, signal: stop.signal })
  await expect(run).rejects.toThrow("heard")
  expect(batches).toBeLessThan(10)
  encoder.dispose()
})

test("any network runs over windows: logits of a long text are merged as hidden states are", () =>
  leakCheck(async () => {
    const encoder = tiny()
    const encoding = await encoder.tokenizer.encode(long)
    const kernel = tf.randomNormal([16, 3], 0, 1, "float32", 7)
    const network = async (batch: Parameters<typeof forward>[1]) =>
      tf.tidy(() => {
        const [state] = forward(encoder, batch)
        return tf.matMul(tf.reshape(state!, [-1, 16]) as tf.Tensor2D, kernel as tf.Tensor2D).dataSync() as Float32Array
      })
    const [windows] = await runWindows(encoder, [encoding], network, { overlap: 10 })
    const logits = mergeWindows(encoding, windows!)
    const [{ values } = { values: new Float32Array() }] = await collect(encode(encoder, [long], { overlap: 10 }))
    const expected = tf.tidy(() =>
      tf.matMul(tf.tensor2d(values, [values.length / 16, 16]), kernel as tf.Tensor2D).dataSync()
    )
    close(logits, expected, 1e-4)
    kernel.dispose()
    encoder.dispose()
  }))
