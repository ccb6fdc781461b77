import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Episode } from "@nuner/core"
import type { Encoder } from "@nuner/encoder"
import { tf } from "@nuner/engine"
import {
  adaptSettings,
  copyModel,
  type EpisodeRecord,
  episodeScores,
  episodeSettings,
  modes,
  type RunEpisodesInput,
  runEpisodes,
  type SpanScheme,
  sourceSettings,
  type TadNerModel,
  trainSource
} from "@nuner/tadner"
import { testEngine } from "@nuner/testing"
import { tinyEncoder, toyModel, toySentences } from "./support/toy.ts"

/** The published mode with one switch flipped is another computation: for every switch of the table in the README. */

let encoder: Encoder
let model: TadNerModel
beforeAll(async () => {
  await testEngine()
  encoder = await tinyEncoder()
  model = await toyModel(encoder)
}, 600_000)
afterAll(() => {
  model.dispose()
  encoder.dispose()
})

const types = ["animal", "color"]
const neighbours = {
  words: ["the", "Zubar", "Krimel", "saw"],
  entities: [
    { start: 1, end: 2, type: "animal" },
    { start: 2, end: 3, type: "color" }
  ]
}
const parts = toySentences(4, types, "long")
const long = {
  words: parts.flatMap(({ words }) => words),
  entities: parts.flatMap(({ entities }, i) =>
    entities.map(({ end, start, type }) => ({ start: start + 7 * i, end: end + 7 * i, type }))
  )
}
/** Neighbours to learn from, and a sentence longer than the window before others. */
const episode: Episode = {
  types,
  support: [neighbours, neighbours, ...toySentences(2, types, "support")],
  query: [long, neighbours, ...toySentences(6, types, "query")]
}

const solve = async (options: Partial<RunEpisodesInput>): Promise<EpisodeRecord> => {
  const shared = {
    model,
    episodes: [episode],
    mode: "published",
    learningRate: 3e-3,
    steps: 8,
    maxTokens: 20,
    seed: 3
  } as const
  for await (const event of runEpisodes({ ...shared, detectorPatience: 8, ...options })) {
    if (event.type === "episode") return event.record
  }
  throw new Error("no record")
}

const flips = {
  loseAdjacentSingletons: { loseAdjacentSingletons: false },
  long: { long: "windows" },
  misalign: { misalign: false },
  typeDropout: { typeDropout: false },
  normaliseOverSpans: { normaliseOverSpans: false }
} as const

describe("one switch flipped in the published mode", () => {
  for (const [name, flip] of Object.entries(flips)) {
    test(`${name}: other entities are predicted`, async () => {
      const published = await solve({})
      const flipped = await solve(flip)
      expect(flipped.predicted).not.toEqual(published.predicted)
    })
  }

  test("onNoSpan: the episode counts", async () => {
    const silent = copyModel(model)
    tf.tidy(() => silent.detector.bias.assign(tf.tensor1d([50, 0, 0, 0, 0])))
    const run = (onNoSpan: "crash" | "empty") => solve({ model: silent, steps: 0, onNoSpan })
    const spoken = await solve({ filter: false })
    const scores = [await run("crash"), await run("empty")].map((record) => episodeScores([spoken, record]))
    expect(scores.map(({ crashed }) => crashed)).toEqual([1, 0])
    expect(scores[1]!.recall).toBeLessThan(scores[0]!.recall)
    silent.dispose()
  })

  /** What a detector with these tags makes of two neighbours that it has learned by heart. */
  const answers = async (scheme: SpanScheme) => {
    const trained = await toyModel(encoder, { scheme })
    const options = { model: trained, episodes: [{ types, support: [neighbours], query: [neighbours] }] }
    const { predicted } = await solve({ ...options, mode: "corrected", steps: 60, detectorPatience: 60, filter: false })
    const shape = trained.detector.kernel.shape
    trained.dispose()
    return { tags: shape[1], spans: predicted[0]!.map(({ end, start }) => [start, end]) }
  }

  test("scheme: IO makes one of two neighbours, BIO and BIOES two", async () => {
    const two = [
      [1, 2],
      [2, 3]
    ]
    expect(await answers("IO")).toEqual({ tags: 2, spans: [[1, 3]] })
    expect(await answers("BIO")).toEqual({ tags: 3, spans: two })
    expect(await answers("BIOES")).toEqual({ tags: 5, spans: two })
  })

  test("none is left out", () => {
    expect([...Object.keys(flips), "onNoSpan", "scheme"].sort()).toEqual(Object.keys(modes.published).sort())
  })
})

test("in source training: tags, neighbours and long sentences make another first loss", async () => {
  const firstLoss = async (options: object): Promise<number> => {
    const sentences = [neighbours, long, ...toySentences(4, types, "source")]
    const shared = { encoder, sentences, mode: "published", maxTokens: 20, scheme: "BIOES" } as const
    for await (const event of trainSource({ ...shared, ...options })) if (event.type === "step") return event.loss
    throw new Error("no step")
  }
  const options = [{}, { scheme: "IO" }, { scheme: "BIO" }, { loseAdjacentSingletons: false }, { long: "windows" }]
  const losses: Array<number> = []
  for (const one of options) losses.push(await firstLoss(one))
  expect(new Set(losses).size).toBe(options.length)
})

test("the defaults are the specification's", () => {
  expect(sourceSettings({ mode: "published" })).toMatchObject({
    ...{ scheme: "IO", loseAdjacentSingletons: true, long: "truncate", maxTokens: 128 },
    ...{ learningRate: 3e-5, batchSize: 32, epochs: 1, headDropout: 0.2, temperature: 0.05 }
  })
  expect(sourceSettings({})).toMatchObject({ scheme: "BIOES", loseAdjacentSingletons: false, long: "windows" })
  const adaptation = {
    learningRate: 3e-5,
    steps: 100,
    classifierPatience: 0,
    phi: "last4",
    filter: true,
    maxTokens: 128
  }
  expect(episodeSettings({ mode: "published" })).toMatchObject({
    ...{ ...adaptation, typeDropout: true, normaliseOverSpans: true, long: "truncate", misalign: true },
    ...{ loseAdjacentSingletons: true, onNoSpan: "crash" }
  })
  expect(adaptSettings({})).toMatchObject({ ...adaptation, typeDropout: false, normaliseOverSpans: false })
  expect(episodeSettings({})).toMatchObject({ long: "windows", misalign: false, onNoSpan: "empty" })
})

test("what is given is what is set", () => {
  const common = { mode: "published", long: "windows", loseAdjacentSingletons: false, maxTokens: 64 } as const
  const shared = { ...common, learningRate: 1e-4, frozenLayers: 1, seed: 7 }
  const adapt = { ...shared, phi: "last", typeDropout: false, normaliseOverSpans: false, filter: false } as const
  const stops = { steps: 9, detectorPatience: 4, classifierPatience: 5, batchTokens: 6 }
  expect(adaptSettings({ ...adapt, ...stops })).toMatchObject({ ...adapt, ...stops })
  expect(episodeSettings({ ...adapt, ...stops, onNoSpan: "empty" })).toMatchObject({
    ...adapt,
    ...stops,
    onNoSpan: "empty"
  })
  const source = { ...shared, scheme: "BIO", epochs: 3, batchSize: 5, headDropout: 0.1, temperature: 0.5 } as const
  const kept = { checkpoints: "there", checkpointEvery: 11 }
  expect(sourceSettings({ ...source, ...kept })).toMatchObject({ ...source, ...kept })
  // The mode shows in the switches that are not given.
  expect(adaptSettings({ mode: "published" })).toMatchObject({ mode: "published", typeDropout: true, long: "truncate" })
})
