import { expect, test } from "bun:test"
import { rng } from "@nuner/core"
import { withData } from "@nuner/testing"
import { InfeasibleError, mineEpisode, mineEpisodes, pool, validateEpisode } from "../src/index.ts"
import { randomPass } from "../src/search/randomPass.ts"
import { count, failure, randomSentences, readAll, sentence } from "./data.ts"

const sentences = randomSentences(3, 400, 8, 2)

test("every episode is one: n types, K to 2K of each, support and query apart", () => {
  for (const [n, k, q] of [
    [2, 1, 1],
    [3, 2, 4],
    [5, 3, 1]
  ] as const) {
    const episodes = [...mineEpisodes({ sentences, n, k, q, episodes: 100, seed: 1 })]
    expect(episodes.length).toBe(100)
    for (const [i, episode] of episodes.entries()) {
      expect(validateEpisode(episode, { n, k, q })).toEqual([])
      expect(episode.seed).toBe(`1/${i}`)
      expect(episode.types).toEqual(episode.types.toSorted())
      expect(episode.supportCounts).toEqual(count(episode.support))
      expect(episode.queryCounts).toEqual(count(episode.query))
      expect(episode.supportIndexes.map((index) => sentences[index])).toEqual([...episode.support])
      const support = new Set(episode.supportIndexes)
      expect(episode.queryIndexes.some((index) => support.has(index))).toBe(false)
    }
    // All types take part.
    expect(new Set(episodes.flatMap(({ types }) => types)).size).toBe(8)
  }
})

test("an episode's seed alone makes it again", () => {
  const [, second] = mineEpisodes({ sentences, n: 3, k: 2, q: 4, episodes: 2, seed: 5 })
  expect(mineEpisode({ sentences: pool(sentences), n: 3, k: 2, q: 4, seed: second!.seed })).toEqual(second!)
})

test("only some types: sentences with others stay out", () => {
  const types = ["T1", "T2", "T4", "T6"]
  const options = { sentences, n: 3, k: 1, types }
  const episodes = [
    ...mineEpisodes({ ...options, episodes: 20, seed: 1 }),
    ...Array.from({ length: 20 }, (_, seed) => mineEpisode({ ...options, seed }))
  ]
  for (const episode of episodes) expect(validateEpisode(episode, { n: 3, k: 1 })).toEqual([])
  expect([...new Set(episodes.flatMap(({ types }) => types))].sort()).toEqual(types)
})

test("types are drawn as often as asked for", () => {
  // c is only where d is: of the six pairs of types two have an episode.
  const paired = Array.from({ length: 6 }, (_, i) =>
    [{ a: 1 }, { b: 1 }, { c: 1, d: 1 }].map((has) => sentence(has, `${i}`))
  )
  const options = { sentences: paired.flat(), n: 2, k: 1 }
  for (const draw of [
    mineEpisode,
    (options: Parameters<typeof mineEpisode>[0]) => [...mineEpisodes({ ...options, episodes: 1 })][0]!
  ]) {
    const episodes = Array.from({ length: 20 }, (_, seed) => draw({ ...options, seed }))
    expect(Math.max(...episodes.map(({ draws }) => draws))).toBeGreaterThan(2)
    const late = episodes.find(({ draws }) => draws > 2)!
    const seed = episodes.indexOf(late)
    expect(failure(() => draw({ ...options, seed, draws: 2 }))).toMatchObject({ _tag: "InfeasibleError", draws: 2 })
    expect(draw({ ...options, seed, draws: late.draws })).toEqual(late)
  }
})

test("with runs counted, neighbours of one type are one entity", () => {
  const twins = Array.from({ length: 8 }, (_, i) => ({
    words: [`a${i}`, "b", "c"],
    entities: [
      { start: 0, end: 1, type: "x" },
      { start: 1, end: 2, type: "x" },
      { start: 2, end: 3, type: "y" }
    ]
  }))
  const episode = mineEpisode({ sentences: pool(twins, "runs"), n: 2, k: 3, seed: 1 })
  expect(episode.supportCounts).toEqual({ x: 3, y: 3 })
  expect(validateEpisode(episode, { k: 3 }, "runs")).toEqual([])
  expect(mineEpisode({ sentences: twins, n: 2, k: 3, seed: 1 }).supportCounts).toEqual({ x: 6, y: 3 })
})

test("one pass in random order draws as the published sampler does, which draws over and over", () => {
  const small = [
    sentence({ a: 1 }),
    sentence({ a: 2 }),
    sentence({ b: 1 }),
    sentence({ a: 1, b: 1 }),
    sentence({ b: 2 })
  ]
  const data = pool(small)
  const side = { pool: data, wanted: [0, 1], low: 2, high: 4, candidates: Int32Array.of(0, 1, 2, 3, 4) }
  const times = 20_000
  const ours = new Map<string, number>()
  const published = new Map<string, number>()
  const random = rng(1)
  for (let n = 0; n < times; n++) {
    const key = String(randomPass(side, random))
    ours.set(key, (ours.get(key) ?? 0) + 1)
    const chosen: Array<number> = []
    const counts: Record<string, number> = { a: 0, b: 0 }
    while (counts.a! < 2 || counts.b! < 2) {
      const i = random.int(5)
      const own = Object.entries(count([small[i]!]))
      if (chosen.includes(i) || own.some(([t, c]) => counts[t]! + c > 4) || own.every(([t]) => counts[t]! >= 2))
        continue
      for (const [t, c] of own) counts[t]! += c
      chosen.push(i)
    }
    const drawn = String(chosen.sort((a, b) => a - b))
    published.set(drawn, (published.get(drawn) ?? 0) + 1)
  }
  expect([...ours.keys()].sort()).toEqual([...published.keys()].sort())
  // Chi-squared of two samples; 40 is far beyond the 99.9th percentile for the outcomes that there are (under 16).
  let chi = 0
  for (const [key, n] of ours) chi += (n - published.get(key)!) ** 2 / (n + published.get(key)!)
  expect(ours.size).toBeLessThan(16)
  expect(chi).toBeLessThan(40)
})

test("where random passes fail, the search finds the only episode there is", () => {
  // Support needs both of the a-only sentences or the one with b; many distracting choices lead nowhere.
  const hard = [
    ...Array.from({ length: 12 }, (_, i) => sentence({ a: 2 }, `a${i}`)),
    sentence({ b: 1, a: 2 }, "one"),
    sentence({ b: 1, a: 2 }, "two")
  ]
  for (let seed = 0; seed < 30; seed++) {
    const episode = mineEpisode({ sentences: hard, n: 2, k: 1, seed })
    expect(validateEpisode(episode, { n: 2, k: 1 })).toEqual([])
  }
})

test("what cannot be sampled is refused with the type and the numbers", () => {
  const few = [...Array.from({ length: 9 }, (_, i) => sentence({ a: 1 }, `${i}`)), sentence({ b: 1 })]
  expect(failure(() => mineEpisode({ sentences: few, n: 2, k: 2, seed: 1 })).message).toBe(
    'mineEpisode: type "b": 2 to 4 entities are needed, the data has 1 (lower k, leave out the type, or add data)'
  )
  expect(failure(() => mineEpisode({ sentences: few, n: 3, k: 1, seed: 1 })).message).toBe(
    'mineEpisode: option "n": 3 types an episode, the dataset has 2 (lower n)'
  )
  const three = [...few, ...Array.from({ length: 9 }, (_, i) => sentence({ c: 9 }, `${i}`))]
  expect(failure(() => mineEpisode({ sentences: three, n: 2, k: 1, seed: 1 })).message).toBe(
    'mineEpisode: 2 types are needed, 1 of 3 can be sampled; "b" cannot (lower n or k)'
  )
  // Enough of b for one side, none is left for the other.
  const one = [...few, sentence({ b: 3 })]
  const error = failure(() => mineEpisode({ sentences: one, n: 2, k: 2, seed: 1 })) as InfeasibleError
  expect(error).toBeInstanceOf(InfeasibleError)
  expect(error).toMatchObject({ type: "b", drawn: ["a", "b"] })
})

withData("200 episodes of several shapes on MIT Movie", async (directory) => {
  const dataset = pool(await readAll(`${directory}/few-shot/mit-movie/train.bio`))
  for (const [n, k] of [
    [5, 1],
    [10, 5]
  ] as const) {
    for (const episode of mineEpisodes({ sentences: dataset, n, k, episodes: 200, seed: 13 })) {
      // The dataset has sentences more than once: no episode may.
      expect(validateEpisode(episode, { n, k })).toEqual([])
    }
  }
})
