import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Episode } from "@nuner/core"
import { tf } from "@nuner/engine"
import {
  copyModel,
  type EpisodeRecord,
  episodeScores,
  modes,
  type RunEpisodesInput,
  readResults,
  runEpisodes,
  shardPath,
  type TadNerModel
} from "@nuner/tadner"
import { leakCheck, tempDir, testEngine } from "@nuner/testing"
import { tinyEncoder, toyEpisodes, toyModel, toySentences } from "./support/toy.ts"

let model: TadNerModel
beforeAll(async () => {
  await testEngine()
  const encoder = await tinyEncoder()
  model = await toyModel(encoder)
  encoder.dispose()
}, 600_000)
afterAll(() => model.dispose())

/** Few steps: enough to see that adaptation happens. */
const quick = { steps: 3, learningRate: 1e-3 }
const solve = async (input: Omit<RunEpisodesInput, "model">): Promise<Array<EpisodeRecord>> => {
  const records: Array<EpisodeRecord> = []
  for await (const event of runEpisodes({ ...quick, model, ...input }))
    if (event.type === "episode") records.push(event.record)
  return records
}
/** What does not depend on the clock, or on the place among episodes. */
const result = ({ index: _, seconds: __, ...rest }: EpisodeRecord) => rest
const weights = () =>
  [
    ...Object.values(model.detector.encoder.parameters),
    model.detector.kernel,
    ...Object.values(model.classifier.parameters)
  ]
    .map((variable) => Bun.hash(Float32Array.from(variable.dataSync())))
    .join()

describe("runEpisodes", () => {
  test("recognises types that it was trained on", async () => {
    const types = ["person", "city", "drug"]
    const episodes = [0, 1].map(
      (n): Episode => ({
        types,
        support: toySentences(8, types, `seen/${n}`),
        query: toySentences(6, types, `query/${n}`)
      })
    )
    for (const { counts, typing } of await solve({ episodes, filter: false })) {
      expect(counts.correct / counts.gold).toBeGreaterThan(0.7)
      expect(typing.correct / typing.total).toBeGreaterThan(0.7)
    }
  })

  test("an episode's result is independent of its order; weights come back to the bit; nothing leaks", async () => {
    const [a, b, c] = toyEpisodes(3)
    const before = weights()
    await leakCheck(async () => {
      for (const options of [{}, { mode: "published", frozenLayers: 1 }] as const) {
        const there = await solve({ episodes: [a!, b!, c!], ...options })
        const back = await solve({ episodes: [c!, b!, a!], ...options })
        expect(back.map(result).reverse()).toEqual(there.map(result))
        expect(there[0]!.steps.detector).toBeGreaterThan(0)
        expect(new Set(there.map(({ fingerprint }) => fingerprint)).size).toBe(3)
      }
    })
    expect(weights()).toBe(before)
  })

  test("counts balance in both modes, also with frozen layers", async () => {
    for (const options of [
      { mode: "published", onNoSpan: "empty" },
      { mode: "corrected" },
      { frozenLayers: 1 },
      { frozenLayers: "embeddings", phi: "last" }
    ] as const) {
      for (const { counts, filter, gold, otherChoice, predicted, spans, typing } of await solve({
        episodes: toyEpisodes(2),
        ...options
      })) {
        const entities = (side: typeof gold) => side.flat().length
        expect(counts.gold).toBe(entities(gold))
        expect(counts.predicted).toBe(entities(predicted))
        expect(spans.predicted - filter.removed).toBe(counts.predicted)
        const right = predicted.flatMap((list, i) => list.filter((p) => gold[i]!.some((g) => Bun.deepEquals(g, p))))
        expect(counts.correct).toBe(right.length)
        expect(otherChoice.predicted).toBe(counts.predicted)
        expect(typing.total).toBe(counts.gold)
        expect(spans.correct).toBeLessThanOrEqual(spans.predicted)
        expect(filter.rightly).toBeLessThanOrEqual(filter.removed)
      }
    }
    expect(Object.values(model.detector.encoder.parameters).every(({ trainable }) => trainable)).toBe(true)
  })

  test("frozen layers give what freezing without a cache gives", async () => {
    const [one] = await solve({ episodes: toyEpisodes(1), frozenLayers: 1, filter: false, steps: 0 })
    const [two] = await solve({ episodes: toyEpisodes(1), filter: false, steps: 0 })
    expect(one!.predicted).toEqual(two!.predicted)
    expect(one!.filter.threshold).toBeCloseTo(two!.filter.threshold, 4)
  })

  test("dropout that stays on is another result, and the same one each time", async () => {
    const run = (typeDropout: boolean) => solve({ episodes: toyEpisodes(1), typeDropout })
    const [[on], [again], [off]] = [await run(true), await run(true), await run(false)]
    expect(result(on!)).toEqual(result(again!))
    expect(on!.filter.threshold).not.toBe(off!.filter.threshold)
  })
})

describe("resuming", () => {
  test("shards, a torn last line and a second run give the results of one run", async () => {
    using dir = tempDir()
    const episodes = toyEpisodes(5)
    const whole = await solve({ episodes, steps: 1 })
    const results = dir.file("r.jsonl")
    const first = { index: 0, of: 2 }
    await solve({ episodes, steps: 1, results, shard: first, limit: 4 })
    await solve({ episodes, steps: 1, results, shard: { index: 1, of: 2 } })
    expect((await readResults(results)).map(({ index }) => index)).toEqual([0, 1, 2, 3])
    const path = shardPath(results, first)
    const text = await Bun.file(path).text()
    await Bun.write(path, text.slice(0, -20))
    expect((await readResults(results)).map(({ index }) => index)).toEqual([0, 1, 3])
    // Only what is missing is run again: in the shard, then as a whole.
    expect((await solve({ episodes, steps: 1, results, shard: first, limit: 4 })).map(({ index }) => index)).toEqual([
      2
    ])
    expect((await solve({ episodes, steps: 1, results })).map(({ index }) => index)).toEqual([4])
    expect((await readResults(results)).map(result)).toEqual(whole.map(result))
  })

  test("results of other settings, names or episodes are refused", async () => {
    using dir = tempDir()
    const [a, b] = toyEpisodes(2)
    const results = dir.file("r.jsonl")
    await solve({ episodes: [a!], steps: 0, results })
    for (const other of [
      { episodes: [a!], steps: 1 },
      { episodes: [b!], steps: 0 },
      { episodes: [a!], steps: 0, typeNames: { animal: "beast" } }
    ]) {
      await expect(solve({ ...other, results })).rejects.toThrow("name another results file")
    }
    await Bun.write(results, "{}\n")
    await expect(solve({ episodes: [a!], results })).rejects.toThrow(`${results}:1`)
  })

  test("an aborted run stops, and its episode is run again", async () => {
    using dir = tempDir()
    const results = dir.file("r.jsonl")
    const before = weights()
    const stop = new AbortController()
    const events: Array<string> = []
    for await (const event of runEpisodes({
      ...quick,
      model,
      episodes: toyEpisodes(3),
      results,
      signal: stop.signal
    })) {
      events.push(event.type)
      if (event.type === "episode") stop.abort()
    }
    expect(events).toEqual(["start", "episode", "stop"])
    expect(weights()).toBe(before)
    expect((await solve({ episodes: toyEpisodes(3), results })).map(({ index }) => index)).toEqual([1, 2])
  })

  test("a wrong shard, and options that would do nothing, are refused", async () => {
    await expect(solve({ episodes: [], shard: { index: 2, of: 2 } })).rejects.toThrow("counted from 0")
    await expect(solve({ episodes: [], shard: { index: 0, of: 0 } })).rejects.toThrow("shard")
    expect(await solve({ episodes: [], shard: { index: 0, of: 1 } })).toEqual([])
    await expect(solve({ episodes: [], frozenLayers: 2 })).rejects.toThrow("at most 1")
    await expect(solve({ episodes: [], misalign: true })).rejects.toThrow('set long to "truncate"')
  })
})

describe("edge cases", () => {
  const query = toySentences(3, ["animal"], "edge")
  const one = { words: ["the", "Zubar", "saw"], entities: [{ start: 1, end: 2, type: "animal" }] }

  test("a support with one entity", async () => {
    const [record] = await solve({ episodes: [{ types: ["animal"], support: [one], query }], filter: false })
    expect(record!.predicted.flat().every(({ type }) => type === "animal")).toBe(true)
    expect(record!.typing).toEqual({ correct: 6, total: 6 })
  })

  test("no predicted span: an empty prediction, or a crash that is told", async () => {
    const silent = copyModel(model)
    tf.tidy(() => silent.detector.bias.assign(tf.tensor1d([50, 0, 0, 0, 0])))
    const episodes = [{ types: ["animal"], support: [one], query }]
    const [empty] = await solve({ model: silent, episodes, steps: 0 } as RunEpisodesInput)
    expect(empty).toMatchObject({
      crashed: false,
      predicted: [[], [], []],
      counts: { correct: 0, predicted: 0, gold: 6 }
    })
    const [crash] = await solve({ model: silent, episodes, steps: 0, onNoSpan: "crash" } as RunEpisodesInput)
    expect(crash!.crashed).toBe(true)
    silent.dispose()
  })

  test("a type absent from the query", async () => {
    const support = [one, { words: ["a", "Krimel"], entities: [{ start: 1, end: 2, type: "color" }] }]
    const [record] = await solve({ episodes: [{ types: ["animal", "color"], support, query }] })
    expect(record!.counts.gold).toBe(6)
  })

  test("a type that is listed but never labelled is known by its name", async () => {
    const [record] = await solve({ episodes: [{ types: ["animal", "color"], support: [one], query }], filter: false })
    expect(record!.predicted.flat().length).toBeGreaterThan(0)
    expect(Number.isFinite(record!.filter.threshold)).toBe(true)
  })

  test("two adjacent entities are two, with BIOES", async () => {
    const words = ["the", "Zubar", "Zutam", "saw"]
    const two = { words, entities: [one.entities[0]!, { start: 2, end: 3, type: "animal" }] }
    const episode = { types: ["animal"], support: [two, two], query: [two] }
    const [record] = await solve({ episodes: [episode], filter: false, steps: 60, detectorPatience: 60 })
    expect(record!.predicted).toEqual([two.entities])
    const overlapping = { ...two, entities: [two.entities[0]!, two.entities[0]!] }
    await expect(solve({ episodes: [{ ...episode, support: [overlapping] }] })).rejects.toThrow("overlaps")
  })

  test("the detector goes through more rises of the loss where each type has five entities", async () => {
    const types = ["animal"]
    const support = Array.from({ length: 5 }, () => one)
    // A rate at which the loss rises at once.
    const steps = async (count: number, detectorPatience?: number) => {
      const episodes = [{ types, support: support.slice(0, count), query: [one] }]
      const patience = detectorPatience === undefined ? {} : { detectorPatience }
      return (await solve({ episodes, learningRate: 0.5, steps: 30, ...patience }))[0]!.steps.detector
    }
    expect(await steps(4)).toBe(await steps(4, 2))
    expect(await steps(5)).toBe(await steps(5, 6))
    expect(await steps(5)).toBeGreaterThan(await steps(5, 2))
  })

  test("an entity of no word is refused", async () => {
    const empty = { ...one, entities: [...one.entities, { start: 0, end: 0, type: "animal" }] }
    await expect(solve({ episodes: [{ types: ["animal"], support: [empty], query }] })).rejects.toThrow(
      "entity 0..0 is not in its"
    )
  })

  test("a sentence longer than the window is read whole, or cut off and misaligned", async () => {
    const types = ["person"]
    const parts = toySentences(4, types, "long")
    const words = parts.flatMap(({ words }) => words)
    const entities = parts.flatMap((part, i) =>
      part.entities.map(({ end, start, type }) => ({ start: start + 7 * i, end: end + 7 * i, type }))
    )
    const short = toySentences(1, types, "short")[0]!
    const episode = { types, support: toySentences(4, types, "few"), query: [{ words, entities }, short] }
    const base = { episodes: [episode], filter: false, maxTokens: 20 }
    const [windows] = await solve(base)
    expect(windows).toMatchObject({ windowed: 1, truncated: 0, typing: { correct: 10, total: 10 } })
    const at = (record: EpisodeRecord, sentence: number) => record.predicted[sentence]!.map(({ start }) => start)
    expect(Math.max(...at(windows!, 0))).toBeGreaterThan(20)
    expect(windows!.counts.correct).toBeGreaterThan(6)
    const [cut] = await solve({ ...base, long: "truncate" })
    expect(cut).toMatchObject({ windowed: 0, truncated: 1 })
    expect(Math.max(...at(cut!, 0))).toBeLessThan(15)
    expect(at(cut!, 1)).toEqual(short.entities.map(({ start }) => start))
    const [shifted] = await solve({ ...base, long: "truncate", misalign: true })
    // What stands behind the cut moves to where the gold labels have the lost words.
    const kept = cut!.predicted[0]!.length
    expect(shifted!.predicted[0]!.length).toBeGreaterThan(kept)
    expect(shifted!.counts.correct).toBeLessThan(cut!.counts.correct)
    expect(shifted!.counts.predicted).toBe(cut!.counts.predicted)
  })

  test("an entity of the support that was cut off whole is no entity there", async () => {
    const beyond = {
      words: [...Array<string>(90).fill("the"), "Zubar"],
      entities: [{ start: 90, end: 91, type: "animal" }]
    }
    const episode = { types: ["animal"], support: [beyond], query }
    await expect(solve({ episodes: [episode], long: "truncate" })).rejects.toThrow('set long to "windows"')
    const [both] = await solve({ episodes: [{ ...episode, support: [beyond, one] }], long: "truncate" })
    expect(both!.truncated).toBe(1)
  })

  test("identical type names: the prototypes tell the types apart", async () => {
    const names = { animal: "thing", color: "thing" }
    const [episode] = toyEpisodes(1)
    const [record] = await solve({ episodes: [episode!], typeNames: names, steps: 0, filter: false })
    expect(new Set(record!.predicted.flat().map(({ type }) => type)).size).toBe(2)
  })

  test("support and types that cannot be learned from are refused by name", async () => {
    const refused = async (episode: Partial<Episode>, message: string) => {
      const whole = { types: ["animal"], support: [one], query, ...episode }
      await expect(solve({ episodes: [whole] })).rejects.toThrow(message)
    }
    await refused({ types: [] }, "episode 0: types: are none")
    await refused({ types: ["animal", "animal"] }, 'list "animal" twice')
    await refused({ types: ["color"] }, 'an entity of type "animal", which is not listed')
    await refused({ support: [{ words: ["a"], entities: [] }] }, "entities: there are none")
  })

  test("a query sentence that stands in the support is scored, and counted apart", async () => {
    const seen = { ...one, words: one.words.map((word) => word.toUpperCase()) }
    const episode = { types: ["animal"], support: [one], query: [seen, ...query] }
    const [record] = await solve({ episodes: [episode], filter: false })
    const [, ...rest] = record!.predicted
    expect(record!.counts.gold).toBe(7)
    expect(record!.unseen).toMatchObject({ gold: 6, predicted: rest.flat().length })
    const same = (gold: (typeof rest)[0], i: number) => rest[i]!.filter((p) => gold.some((g) => Bun.deepEquals(g, p)))
    expect(record!.unseen.correct).toBe(record!.gold.slice(1).flatMap(same).length)
  })

  test("an empty query has an empty answer", async () => {
    const [record] = await solve({ episodes: [{ types: ["animal"], support: [one], query: [] }] })
    expect(record).toMatchObject({ predicted: [], counts: { correct: 0, predicted: 0, gold: 0 } })
  })
})

test("scores pool counts over episodes; a crashed one has no part; valid episodes are pooled apart", () => {
  const record = (index: number, correct: number, more: Partial<EpisodeRecord> = {}): EpisodeRecord => ({
    ...{ index, fingerprint: "f", types: ["a"], crashed: false, gold: [], predicted: [] },
    counts: { correct, predicted: 4, gold: 4 },
    otherChoice: { correct: 1, predicted: 4, gold: 4 },
    unseen: { correct, predicted: 2, gold: 2 },
    spans: { correct: 3, predicted: 5, gold: 4 },
    typing: { correct: 2, total: 4 },
    filter: { threshold: 0, removed: 1, rightly: 1 },
    ...{ steps: { detector: 10, classifier: index }, truncated: 0, windowed: 0, seconds: 2 },
    ...more
  })
  const scores = episodeScores([record(0, 2), record(1, 1), record(2, 0, { crashed: true })], [true, false, true])
  expect(scores).toEqual({
    ...{ f1: 37.5, precision: 37.5, recall: 37.5, otherF1: 25, validF1: 50, unseenF1: 75, typing: 50, filtered: 20 },
    ...{ spanF1: 100 * (12 / 18), rightlyFiltered: 100, crashed: 1 },
    ...{ detectorSteps: 10, classifierSteps: 1, secondsPerEpisode: 2 }
  })
})

test("the presets differ in every switch", () => {
  const { corrected, published } = modes
  expect(Object.keys(published)).toEqual(Object.keys(corrected))
  for (const name of Object.keys(published) as Array<keyof typeof published>) {
    expect(published[name] as unknown).not.toBe(corrected[name])
  }
})
