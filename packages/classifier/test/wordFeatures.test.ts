import { describe, expect, test } from "bun:test"
import { rng } from "@nuner/core"
import { forward, type Inference, tokenBatch } from "@nuner/encoder"
import { close, leakCheck } from "@nuner/testing"
import { headLogits, selectLayers, selectSentences, wordFeatures } from "../src/index.ts"
import { toyEncoder, toySentences } from "./toy.ts"

const sentences = toySentences(12, 3)

test("some of a vector's parts, in the order asked", () => {
  const values = Float32Array.from({ length: 12 }, (_, i) => i)
  const features = { values, starts: Int32Array.of(0, 1, 2), width: 6 }
  expect(selectLayers(features, [2, 0], 3)).toEqual({
    ...{ values: Float32Array.of(4, 5, 0, 1, 10, 11, 6, 7), starts: features.starts, width: 4 }
  })
  expect(selectLayers(features, [0, 1, 2], 3)).toBe(features)
})

test("few words are scored by plain loops as many are by the engine, also through a hidden layer", () => {
  const random = rng("head")
  const some = (count: number) => Float32Array.from({ length: count }, () => random.normal())
  const dense = { kernel: some(16 * 32), bias: some(32) }
  const head = { classes: ["O", "a", "b", "c", "d"], kernel: some(32 * 5), bias: some(5), dense }
  const values = some(16 * 4000)
  const many = headLogits(head, values)
  for (const at of [0, 3990]) {
    close(headLogits(head, values.slice(16 * at, 16 * (at + 10))), many.slice(5 * at, 5 * (at + 10)), 1e-4)
  }
})

describe("wordFeatures", () => {
  for (const pooling of ["first", "mean"] as const) {
    for (const layers of [[-1], [-1, 0]]) {
      test(`${pooling} of layers ${layers}: what the encoder gives each sentence by itself`, () =>
        leakCheck(async () => {
          const encoder = toyEncoder()
          const { values, starts, width } = await wordFeatures(encoder, sentences, { pooling, layers, batchTokens: 64 })
          expect(width).toBe(64 * layers.length)
          expect(starts.length).toBe(13)
          expect(values.length).toBe(starts[12]! * width)
          for (const [i, { words }] of sentences.entries()) {
            const { ids, tokensOf } = await encoder.tokenizer.encodeWords(words)
            const states = forward(encoder, tokenBatch([ids], encoder.config.padId), { layers })
            const vectors = states.map((state) => [...state.dataSync()])
            for (const state of states) state.dispose()
            const expected = tokensOf.flatMap(({ start, end }) => {
              const last = pooling === "first" ? start + 1 : end
              return vectors.flatMap((values) =>
                Array.from({ length: 64 }, (_, j) => {
                  let sum = 0
                  for (let token = start; token < last; token++) sum += values[token * 64 + j]! / (last - start)
                  return sum
                })
              )
            })
            close(values.subarray(starts[i]! * width, starts[i + 1]! * width), expected, 1e-5)
          }
          encoder.dispose()
        }))
    }
  }

  test("a sentence beyond the encoder's limit is read whole", () =>
    leakCheck(async () => {
      const encoder = toyEncoder()
      const long = sentences.flatMap(({ words }) => words)
      const { values, starts, width } = await wordFeatures(encoder, [long, sentences[0]!.words])
      expect(starts).toEqual(Int32Array.of(0, long.length, long.length + sentences[0]!.words.length))
      for (let word = 0; word < long.length; word++) {
        const row = values.subarray(word * width, (word + 1) * width)
        expect(row.some((value) => value !== 0)).toBe(true)
      }
      // What stands first in the text has all of its context in the first window: 30 tokens between <s> and </s>.
      const { ids, tokensOf } = await encoder.tokenizer.encodeWords(long)
      const [state] = forward(encoder, tokenBatch([[...ids.slice(0, 31), 2]], encoder.config.padId))
      const alone = state!.dataSync()
      close(values.subarray(0, width), alone.subarray(tokensOf[0]!.start * 64, tokensOf[0]!.start * 64 + 64), 1e-5)
      state!.dispose()
      encoder.dispose()
    }))

  test("running text is read as it stands, empty sentences and words that leave no sub-token have their rows", () =>
    leakCheck(async () => {
      const encoder = toyEncoder()
      const text = "Alma,Oslo"
      const offsets = [
        { start: 0, end: 4 },
        { start: 4, end: 5 },
        { start: 5, end: 9 }
      ]
      const inText = { words: ["Alma", ",", "Oslo"], text, offsets }
      const { starts, values, width } = await wordFeatures(encoder, [[], inText, inText.words, ["", "Alma"]])
      expect([...starts]).toEqual([0, 0, 3, 6, 8])
      const { ids } = await encoder.tokenizer.encode(text)
      const spaced = await encoder.tokenizer.encode("Alma , Oslo")
      expect([...ids]).not.toEqual([...spaced.ids])
      expect([...values.subarray(0, width)]).not.toEqual([...values.subarray(3 * width, 4 * width)])
      // Without the places of the words in it, a text is of no use.
      const textOnly = await wordFeatures(encoder, [{ words: inText.words, text }])
      close(textOnly.values, values.subarray(3 * width, 6 * width), 1e-5)
      encoder.dispose()
    }))

  test("a batch has no more tokens than it may: small batches are more passes over the same", async () => {
    const encoder = toyEncoder()
    const passes = async (batchTokens: number) => {
      let count = 0
      const states: Inference["states"] = (...read) => {
        count++
        return encoder.inference!.states(...read)
      }
      await wordFeatures({ ...encoder, inference: { ...encoder.inference!, states } }, sentences, { batchTokens })
      return count
    }
    const [alone, together] = [await passes(1), await passes(100_000)]
    expect(alone / together).toBeGreaterThan(6)
    encoder.dispose()
  })

  test("tells progress, stops when told, and names a layer that is not there", async () => {
    const encoder = toyEncoder()
    const told: Array<number> = []
    await wordFeatures(encoder, toySentences(600, 1), { onProgress: ({ sentences }) => told.push(sentences) })
    expect(told).toEqual([512, 600])
    await expect(wordFeatures(encoder, sentences, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough"
    )
    await expect(wordFeatures(encoder, sentences, { layers: [-9] })).rejects.toThrow('"layers"')
    await expect(wordFeatures(encoder, sentences, { pooling: "max" as never })).rejects.toThrow('"pooling"')
    encoder.dispose()
  })

  test("selected sentences have the rows that they have when encoded alone", async () => {
    const encoder = toyEncoder()
    const picked = [5, 0, 5]
    const all = await wordFeatures(encoder, sentences)
    const some = selectSentences(all, picked)
    const again = await wordFeatures(
      encoder,
      picked.map((i) => sentences[i]!)
    )
    expect(some.starts).toEqual(again.starts)
    close(some.values, again.values, 1e-5)
    expect(() => selectSentences(all, [12])).toThrow("no sentence 12")
    encoder.dispose()
  })
})
