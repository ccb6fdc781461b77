import { beforeAll, describe, expect, test } from "bun:test"
import { type Encoder, forward, tokenBatch } from "@nuner/encoder"
import { tf } from "@nuner/engine"
import { LowerLayers, states } from "@nuner/tadner"
import { close, leakCheck, testEngine } from "@nuner/testing"
import { spanVectors } from "../src/network/spanVectors.ts"
import { wordVectors } from "../src/network/wordVectors.ts"
import { tinyEncoder } from "./support/toy.ts"

let encoder: Encoder
beforeAll(async () => {
  await testEngine()
  encoder = await tinyEncoder()
})

describe("states", () => {
  const batch = () => tokenBatch([Int32Array.of(0, 17, 30, 41, 2), Int32Array.of(0, 50, 2)], encoder.config.padId)

  test("last is the last layer, last4 the mean of the layers of a shallow encoder", async () => {
    await leakCheck(() =>
      tf.tidy(() => {
        const [first, second] = forward(encoder, batch(), { layers: [1, 2] })
        close(states(encoder, batch(), { phi: "last" }).dataSync(), second!.dataSync(), 0)
        const mean = tf.div(tf.add(first!, second!), 2)
        close(states(encoder, batch(), { phi: "last4" }).dataSync(), mean.dataSync(), 1e-6)
      })
    )
  })

  test("above frozen layers the numbers are those of the whole encoder, in training too", async () => {
    await leakCheck(() =>
      tf.tidy(() => {
        for (const phi of ["last", "last4"] as const) {
          for (const count of [0, 1]) {
            const lower = new LowerLayers(encoder, count)
            const mine = states(encoder, batch(), { phi, lower })
            const whole = states(encoder, batch(), { phi })
            const real = [0, 1, 2, 3, 4, 5, 6, 7].map((token) =>
              tf.slice(tf.reshape(mine, [10, 32]), [token, 0], [1, 32])
            )
            const other = [0, 1, 2, 3, 4, 5, 6, 7].map((token) =>
              tf.slice(tf.reshape(whole, [10, 32]), [token, 0], [1, 32])
            )
            close(tf.concat(real).dataSync(), tf.concat(other).dataSync(), 3e-6)
            states(encoder, batch(), { phi, lower })
            expect(lower.uses).toEqual({ encoded: 2, found: 2 })
          }
        }
        // Dropout has the same masks above the frozen layers: with no layer frozen but the embeddings, and those without dropout, equal.
        const still = { ...encoder, config: { ...encoder.config, dropout: 0 } }
        const dropout = { seed: 1, step: 2, site: "a" }
        const mine = states(still, batch(), { phi: "last", dropout, lower: new LowerLayers(still, 0) })
        const whole = states(still, batch(), { phi: "last", dropout })
        close(mine.dataSync().slice(0, 8 * 32), whole.dataSync().slice(0, 8 * 32), 1e-5)
      })
    )
  })

  test("a sentence's frozen states do not depend on what it was asked for with", () => {
    tf.tidy(() => {
      const together = new LowerLayers(encoder, 1).states(batch())
      const alone = new LowerLayers(encoder, 1).states(tokenBatch([Int32Array.of(0, 50, 2)], encoder.config.padId))
      close(together.dataSync().slice(5 * 32, 8 * 32), alone.dataSync(), 0)
    })
  })
})

describe("wordVectors", () => {
  test("a batch has no more tokens than it may, padding included, and every word has its row", () =>
    leakCheck(async () => {
      const lengths = [5, 3, 4, 9, 3]
      const rows = lengths.map((tokens, sentence) => ({
        sentence,
        ids: new Int32Array(tokens),
        words: [0],
        tokensOf: []
      }))
      const sizes: Array<Array<number>> = []
      const { starts, values } = await wordVectors(
        { kept: lengths.map(() => 1), rows } as never,
        { batchTokens: 9 },
        (batch) => {
          sizes.push(batch.map(({ ids }) => ids.length))
          return tf.tensor2d(batch.map(({ sentence }) => [sentence, -sentence]))
        }
      )
      expect(sizes).toEqual([[9], [5], [4, 3], [3]])
      expect([...starts]).toEqual([0, 1, 2, 3, 4, 5])
      expect([...values]).toEqual([0, -0, 1, -1, 2, -2, 3, -3, 4, -4])
    }))
})

test("wordVectors ends between two batches where it is told to", async () => {
  const stop = new AbortController()
  const rows = [4, 5].map((tokens, sentence) => ({ sentence, ids: new Int32Array(tokens), words: [0], tokensOf: [] }))
  const read = leakCheck(() =>
    wordVectors({ kept: [1, 1], rows } as never, { batchTokens: 5, signal: stop.signal }, () => {
      stop.abort(new Error("enough"))
      return tf.zeros([1, 2])
    })
  )
  await expect(read).rejects.toThrow("enough")
})

describe("spanVectors", () => {
  const words = { rows: 3, width: 2, values: Float32Array.of(1, 2, 3, 4, 7, 9), starts: Int32Array.of(0, 2, 3) }

  test("are means over the words that were kept", () => {
    const spans = [
      { sentence: 0, start: 0, end: 2 },
      { sentence: 0, start: 1, end: 5 },
      { sentence: 1, start: 0, end: 1 }
    ]
    expect([...spanVectors(words, spans).values]).toEqual([2, 3, 3, 4, 7, 9])
  })

  test("a span of which no word was kept is an error", () => {
    expect(() => spanVectors(words, [{ sentence: 0, start: 2, end: 3 }])).toThrow("span 0 has no words")
  })
})
