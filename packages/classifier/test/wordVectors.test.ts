import { describe, expect, test } from "bun:test"
import { forward, tokenBatch } from "@nuner/encoder"
import { tf, variableGrads } from "@nuner/engine"
import { close, leakCheck } from "@nuner/testing"
import { toExamples } from "../src/finetune/examples.ts"
import { wordVectors } from "../src/finetune/wordVectors.ts"
import { classesOf, wordFeatures } from "../src/index.ts"
import { toyEncoder, toySentences } from "./toy.ts"

const classes = classesOf(["person", "place"])
// A word of several sub-tokens in each.
const sentences = toySentences(4, 1).map(({ words, entities }) => ({ words: [...words, "Zanzibar"], entities }))

for (const pooling of ["first", "mean"] as const) {
  describe(`wordVectors, ${pooling}`, () => {
    test("are those of wordFeatures", () =>
      leakCheck(async () => {
        const encoder = toyEncoder()
        const examples = await toExamples(sentences, encoder, classes, "bare")
        expect(examples.some(({ words }) => words.some(({ start, end }) => end > start + 1))).toBe(true)
        const batch = tokenBatch(
          examples.map(({ ids }) => ids),
          encoder.config.padId
        )
        const vectors = tf.tidy(() => wordVectors(forward(encoder, batch)[0]!, examples, pooling))
        const { values } = await wordFeatures(encoder, sentences, { pooling })
        close(vectors.dataSync(), values, 1e-5)
        vectors.dispose()
        encoder.dispose()
      }))

    test("their gradients are finite differences'", () =>
      leakCheck(async () => {
        const example = { ids: new Int32Array(5), labels: Int32Array.of(0, 0), words: [] }
        const examples = [
          {
            ...example,
            words: [
              { start: 1, end: 2 },
              { start: 2, end: 5 }
            ]
          },
          {
            ...example,
            words: [
              { start: 0, end: 2 },
              { start: 1, end: 3 }
            ]
          } // one sub-token of two words
        ]
        const states = tf.tidy(() => tf.variable(tf.randomNormal([2, 5, 3], 0, 1, "float32", 4)))
        const weights = tf.randomNormal([4, 3], 0, 1, "float32", 5)
        const loss = () =>
          tf.sum(tf.mul(wordVectors(states as unknown as tf.Tensor3D, examples, pooling), weights)) as tf.Scalar
        const { value, grads } = variableGrads(loss, { states })
        const at = states.dataSync().slice()
        // The function is linear: a step of 1 is exact.
        const expected = Array.from(at, (_, i) => {
          const moved = at.slice()
          moved[i]! += 1
          tf.tidy(() => states.assign(tf.tensor(moved, [2, 5, 3])))
          return tf.tidy(() => loss().dataSync()[0]!) - value.dataSync()[0]!
        })
        close(grads.states!.dataSync(), expected, 1e-4)
        tf.dispose([states, weights, value, grads.states!])
      }))
  })
}

describe("toExamples", () => {
  test("each word of a long sentence is in one window, whole where it fits, with its label", async () => {
    const encoder = toyEncoder()
    const long = toySentences(1, 3, 100)
    const examples = await toExamples(long, encoder, classes, "bare")
    expect(examples.length).toBeGreaterThan(3)
    const labels = examples.flatMap(({ labels }) => [...labels])
    const gold = long[0]!.words.map(
      (_, w) => long[0]!.entities.find(({ start, end }) => w >= start && w < end)?.type ?? "O"
    )
    expect(labels.map((label) => classes[label]!)).toEqual(gold)
    const { ids, tokensOf } = await encoder.tokenizer.encodeWords(long[0]!.words)
    const tokens = examples.flatMap((example) =>
      example.words.map(({ start, end }) => [...example.ids.slice(start, end)])
    )
    expect(tokens).toEqual(tokensOf.map(({ start, end }) => [...ids.slice(start, end)]))
    expect(Math.max(...examples.map(({ ids }) => ids.length))).toBeLessThanOrEqual(32)
    expect(await toExamples([{ words: [], entities: [] }], encoder, classes, "bare")).toEqual([])
    encoder.dispose()
  })
})
