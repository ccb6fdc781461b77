import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Episode } from "@nuner/core"
import { type Encoder, forward, makeEncoder, tokenBatch } from "@nuner/encoder"
import { tf } from "@nuner/engine"
import { adapt, adaptSettings, newModel, openSession, runEpisodes, type TadNerModel } from "@nuner/tadner"
import { close, leakCheck, testEngine } from "@nuner/testing"
import { tinyEncoder, toyEpisodes } from "./support/toy.ts"

/** Steps 1 to 6 a second time: a sentence at a time, in doubles, from hidden states alone. */

let encoder: Encoder
let model: TadNerModel
const types = ["animal", "color"]
let episode: Episode

beforeAll(async () => {
  await testEngine()
  const { config, parameters, tokenizer } = await tinyEncoder()
  encoder = makeEncoder({ ...config, dropout: 0, attentionDropout: 0 }, parameters, tokenizer)
  model = newModel(encoder, { scheme: "BIO", headDropout: 0, seed: 5 })
  tf.tidy(() => model.detector.kernel.assign(tf.mul(model.detector.kernel, 4)))
  episode = toyEpisodes(1, "reference")[0]!
})
afterAll(() => {
  encoder.dispose()
  model.dispose()
})

type Vector = ReadonlyArray<number>
const dot = (a: Vector, b: Vector) => a.reduce((sum, x, i) => sum + x * b[i]!, 0)
const mean = (all: ReadonlyArray<Vector>): Vector =>
  all[0]!.map((_, j) => all.reduce((s, v) => s + v[j]! / all.length, 0))
const crossEntropy = (z: Vector, label: number) => Math.log(z.reduce((s, x) => s + Math.exp(x), 0)) - z[label]!

/** Hidden states of a text by themselves, the mean of the given layers: one vector a token. */
const hidden = (ids: Int32Array, layers: ReadonlyArray<number>): Array<Vector> => {
  const found = forward(encoder, tokenBatch([ids], encoder.config.padId), { layers })
  const all = found.map((state) => (state.arraySync() as Array<Array<Vector>>)[0]!)
  tf.dispose(found)
  return all[0]!.map((_, token) => mean(all.map((state) => state[token]!)))
}

const wordsOf = async (words: ReadonlyArray<string>, layers: ReadonlyArray<number>): Promise<Array<Vector>> => {
  const { ids, tokensOf } = await encoder.tokenizer.encodeWords(words)
  const tokens = hidden(ids, layers)
  return tokensOf.map(({ start }) => tokens[start]!)
}

const reference = async (layers: ReadonlyArray<number>) => {
  const names = await Promise.all(
    types.map(async (name) => hidden((await encoder.tokenizer.encode(name)).ids, layers)[0]!)
  )
  const support = await Promise.all(episode.support.map(({ words }) => wordsOf(words, layers)))
  const spans = types.map((type) =>
    episode.support.flatMap(({ entities }, s) =>
      entities.filter((e) => e.type === type).map(({ end, start }) => mean(support[s]!.slice(start, end)))
    )
  )
  const means = spans.map(mean)
  const prototypes = means.map((m) => m.map((x, j) => x / Math.hypot(...means.map((other) => other[j]!))))
  const words = episode.support.flatMap(({ entities }, s) =>
    entities.flatMap(({ end, start, type }) =>
      support[s]!.slice(start, end).map((word) => ({ word, type: types.indexOf(type) }))
    )
  )
  const threshold = Math.min(...words.map(({ type, word }) => dot(word, names[type]!)))
  const losses = words.map(({ type, word }) =>
    crossEntropy(
      names.map((name) => dot(name, word)),
      type
    )
  )
  const loss = losses.reduce((a, b) => a + b) / losses.length
  return { names, prototypes, threshold, loss }
}

/** The detector's tags of each word: 0 O, 1 B, 2 I. */
const tagScores = async (words: ReadonlyArray<string>): Promise<Array<Vector>> => {
  const kernel = (await model.detector.kernel.array()) as Array<Vector>
  const states = await wordsOf(words, [-1])
  return states.map((state) => [0, 1, 2].map((tag) => state.reduce((sum, x, j) => sum + x * kernel[j]![tag]!, 0)))
}

for (const [phi, layers] of [
  ["last", [2]],
  ["last4", [1, 2]]
] as const) {
  describe(`phi ${phi}`, () => {
    test("type vectors, prototypes, threshold and both losses", async () => {
      await leakCheck(async () => {
        const session = openSession(model, adaptSettings({ phi, steps: 1, learningRate: 1e-12 }))
        const found = await adapt(session, { types, names: types, support: episode.support })
        session.close()
        const expected = await reference(layers)
        close(found.names.values, expected.names.flat(), 1e-4)
        close(found.prototypes.values, expected.prototypes.flat(), 1e-3)
        expect(found.threshold).toBeCloseTo(expected.threshold, 3)
        expect(found.classifier.firstLoss).toBeCloseTo(expected.loss, 3)
        const tags = await Promise.all(
          episode.support.map(async ({ entities, words }) => {
            const scores = await tagScores(words)
            // Entities of this episode are single words: B, never I.
            return scores.map((z, w) => crossEntropy(z, entities.some(({ start }) => start === w) ? 1 : 0))
          })
        )
        const all = tags.flat()
        expect(found.detector.firstLoss).toBeCloseTo(all.reduce((a, b) => a + b) / all.length, 4)
      })
    })

    for (const normaliseOverSpans of [false, true]) {
      test(`entities of the query${normaliseOverSpans ? ", scores normalised over its spans" : ""}`, async () => {
        const { names, prototypes, threshold } = await reference(layers)
        const spans: Array<{ sentence: number; start: number; end: number; g: Vector }> = []
        for (const [sentence, { words }] of episode.query.entries()) {
          const vectors = await wordsOf(words, layers)
          const tags = (await tagScores(words)).map((z) => z.indexOf(Math.max(...z)))
          for (let start = 0; start < words.length; start++) {
            // A span starts at B, and at I behind O.
            if (tags[start] === 0 || (tags[start] === 2 && start > 0 && tags[start - 1] !== 0)) continue
            let end = start + 1
            while (tags[end] === 2) end++
            const v = mean(vectors.slice(start, end))
            spans.push({ sentence, start, end, g: types.map((_, c) => dot(names[c]!, v) + dot(prototypes[c]!, v)) })
          }
        }
        const norms = types.map((_, c) => (normaliseOverSpans ? Math.hypot(...spans.map(({ g }) => g[c]!)) : 1))
        const expected = episode.query.map((_, sentence) =>
          spans
            .filter((span) => span.sentence === sentence && Math.max(...span.g) / 2 > threshold)
            .map(({ end, g, start }) => {
              const z = g.map((x, c) => x / norms[c]!)
              return { start, end, type: types[z.indexOf(Math.max(...z))]! }
            })
        )
        expect(expected.flat().length).toBeGreaterThan(0)
        for await (const event of runEpisodes({ model, episodes: [episode], phi, steps: 0, normaliseOverSpans })) {
          if (event.type !== "episode") continue
          expect(event.record.predicted).toEqual(expected)
          expect(event.record.filter.removed).toBe(spans.length - expected.flat().length)
        }
      })
    }
  })
}
