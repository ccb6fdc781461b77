import { expect, test } from "bun:test"
import type { LabelledSentence } from "@nuner/core"
import { OptionError, type Rng, rng } from "@nuner/core"
import { withData } from "@nuner/testing"
import { InfeasibleError, type MinedSet, mineSet, mineSets, pool, type Sampler } from "../src/index.ts"
import { localSearch } from "../src/search/localSearch.ts"
import { problemOf } from "../src/search/Problem.ts"
import { count, failure, randomSentences, readAll, sentence } from "./data.ts"

const within = (set: MinedSet, types: ReadonlyArray<string>, k: number) => {
  const counts = count(set.sentences)
  expect(counts).toEqual(set.counts as Record<string, number>)
  for (const type of types) {
    if (!(counts[type]! >= k && counts[type]! <= 2 * k))
      throw new Error(`${type}: ${counts[type]} is not ${k} to ${2 * k}`)
  }
  expect(Object.keys(counts).every((type) => types.includes(type))).toBe(true)
  expect(new Set(set.indexes).size).toBe(set.indexes.length)
}

test("a set says what it is, and its seed alone makes it again", () => {
  const sentences = randomSentences(1, 300, 5, 2)
  const sets = mineSets({ sentences, k: 3, seed: 7 })
  expect(sets.length).toBe(10)
  for (const [i, set] of sets.entries()) {
    within(set, ["T0", "T1", "T2", "T3", "T4"], 3)
    expect(set.seed).toBe(`7/${i}`)
    expect(set.indexes.map((index) => sentences[index])).toEqual([...set.sentences])
    expect(set.dataset).toBe(pool(sentences).hash)
    expect(mineSet({ sentences: pool(sentences), k: 3, seed: set.seed })).toEqual(set)
  }
  expect(new Set(sets.map(({ indexes }) => indexes.join())).size).toBe(10)
  expect(mineSets({ sentences, k: 3, seed: 8, sets: 1 })[0]!.indexes).not.toEqual(sets[0]!.indexes)
})

test("a seed gives this very set, on every platform and in every release", () => {
  const options = { sentences: randomSentences(1, 300, 5, 2), k: 2, seed: 13 }
  const set = mineSet(options)
  expect(set).toMatchObject({ sampler: "random-order", indexes: [42, 158, 214, 215, 285, 295, 299] })
  expect(mineSet({ ...options, sampler: "rarest-first" }).indexes).toEqual([37, 97, 110, 198])
  expect(set.dataset).toBe("d817f6c477c67becd5f7ccbdb4464f5d423d22e921acf08c6d6db6b3c7b9cf4d")
})

test("the order of types in the data does not matter to the counts' order", () => {
  const set = mineSet({ sentences: [sentence({ b: 1 }), sentence({ a: 1 })], k: 1, seed: 1 })
  expect(Object.keys(set.counts)).toEqual(["a", "b"])
})

test("only some types: sentences with others stay out", () => {
  const options = { sentences: randomSentences(1, 300, 5, 2), k: 4, seed: 1, types: ["T4", "T1"] }
  for (const set of [mineSet(options), ...mineSets({ ...options, sets: 3 })]) within(set, ["T1", "T4"], 4)
})

test("passes and starts of the local search are as many as asked for", () => {
  // A dataset whose passes mostly get stuck.
  const options = { sentences: randomSentences(33, 9, 4, 2).filter(({ entities }) => entities.length > 0), k: 1 }
  for (const draw of [mineSet, (options: Parameters<typeof mineSet>[0]) => mineSets({ ...options, sets: 1 })[0]!]) {
    const tried = (attempts?: number) =>
      Array.from({ length: 20 }, (_, seed) => draw({ ...options, seed, ...(attempts && { attempts }) }).attempts)
    // One of each, and the exhaustive search.
    expect(Math.max(...tried(1))).toBeLessThanOrEqual(3)
    expect(Math.max(...tried())).toBeGreaterThan(3)
  }
})

test("a dataset's hash: entities count in any order, their types do count", () => {
  const hash = (...types: ReadonlyArray<string>) =>
    pool([{ words: ["a"], entities: types.map((type) => ({ start: 0, end: 1, type })) }]).hash
  expect(new Set([hash("x", "y", "z"), hash("z", "y", "x"), hash("y", "z", "x"), hash("x", "z", "y")]).size).toBe(1)
  expect(hash("x", "y", "w")).not.toBe(hash("x", "y", "z"))
})

/** Whether any subset has k to 2k of every type, by going through all of them. */
const exists = (sentences: ReadonlyArray<LabelledSentence>, k: number): boolean => {
  const types = Object.keys(count(sentences))
  for (let bits = 0; bits < 1 << sentences.length; bits++) {
    const counts = count(sentences.filter((_, i) => (bits >> i) & 1))
    if (types.every((type) => (counts[type] ?? 0) >= k && (counts[type] ?? 0) <= 2 * k)) return true
  }
  return false
}

test("finds a set exactly where one exists, on 400 small datasets gone through by brute force", () => {
  let found = 0
  let proved = 0
  for (let seed = 0; seed < 400; seed++) {
    const k = 1 + (seed % 3)
    const sentences = randomSentences(seed, 9, 4, 2 * k).filter(({ entities }) => entities.length > 0)
    if (sentences.length === 0) continue
    if (exists(sentences, k)) {
      within(mineSet({ sentences, k, seed, attempts: 2 }), Object.keys(count(sentences)), k)
      found++
    } else {
      const error = failure(() => mineSet({ sentences, k, seed, attempts: 2 })) as InfeasibleError
      expect(error).toBeInstanceOf(InfeasibleError)
      expect(error.reason).not.toBe("search")
      if (error.reason === "proved") proved++
    }
  }
  // Both outcomes, and the one that only the exhaustive search can tell, were tried in earnest.
  expect(found).toBeGreaterThan(100)
  expect(proved).toBeGreaterThan(20)
})

/** Ding et al.'s sampler, written a second way: draw from all sentences again and again. `undefined` when it is stuck. */
const published = (
  sentences: ReadonlyArray<LabelledSentence>,
  types: ReadonlyArray<string>,
  k: number,
  random: Rng
): ReadonlyArray<LabelledSentence> | undefined => {
  const totals = Object.fromEntries(types.map((type) => [type, 0]))
  const chosen = new Set<LabelledSentence>()
  let rejected = 0
  while (Object.values(totals).some((total) => total < k)) {
    if (rejected++ > 20 * sentences.length) return undefined
    const drawn = sentences[random.int(sentences.length)]!
    const own = Object.entries(count([drawn]))
    if (chosen.has(drawn) || own.length === 0) continue
    if (own.some(([type, n]) => totals[type]! + n > 2 * k) || own.every(([type]) => totals[type]! >= k)) continue
    for (const [type, n] of own) totals[type]! += n
    chosen.add(drawn)
    rejected = 0
  }
  return [...chosen]
}

test("sets are as large as the published sampler's: sentences and entities a set over 200 seeds", () => {
  const sentences = randomSentences(4, 400, 6, 2)
  const types = pool(sentences).types
  const random = rng("published")
  const sizes = (sets: ReadonlyArray<ReadonlyArray<LabelledSentence>>) => ({
    sentences: spread(sets.map(({ length }) => length)),
    entities: spread(sets.map((set) => set.reduce((sum, { entities }) => sum + entities.length, 0)))
  })
  const theirs: Array<ReadonlyArray<LabelledSentence>> = []
  while (theirs.length < 200) {
    const set = published(sentences, types, 8, random)
    if (set !== undefined) theirs.push(set)
  }
  const ours = (sampler: Sampler) =>
    sizes(mineSets({ sentences, k: 8, sets: 200, seed: 1, sampler }).map((set) => set.sentences))
  const expected = sizes(theirs)
  for (const what of ["sentences", "entities"] as const) {
    /** Difference of the means in standard errors. */
    const gap = (found: typeof expected) =>
      Math.abs(found[what].mean - expected[what].mean) /
      Math.sqrt((found[what].variance + expected[what].variance) / 200)
    expect(gap(ours("random-order"))).toBeLessThan(3)
    expect(gap(ours("rarest-first"))).toBeGreaterThan(8)
  }
})

const spread = (values: ReadonlyArray<number>) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) }
}

test("the local search alone, by its swaps, finds nearly all of them", () => {
  let solvable = 0
  let found = 0
  for (let seed = 0; seed < 400; seed++) {
    const k = 1 + (seed % 3)
    const sentences = randomSentences(seed, 9, 4, 2 * k).filter(({ entities }) => entities.length > 0)
    if (sentences.length === 0 || !exists(sentences, k)) continue
    const data = pool(sentences)
    const all = data.types.map((_, type) => type)
    const search = localSearch(problemOf(data, all, { low: k, high: 2 * k }, [...sentences.keys()]))
    solvable++
    if ("sentences" in search(rng(seed), 1)) found++
  }
  expect(found / solvable).toBeGreaterThan(0.95)
})

test("what cannot be mined is refused with the type and the numbers", () => {
  const few = [sentence({ a: 5 }), sentence({ b: 1 })]
  expect(failure(() => mineSet({ sentences: few, k: 3, seed: 1 })).message).toBe(
    'mineSet: type "b": 3 to 6 entities are needed, the data has 1 (lower k, leave out the type, or add data)'
  )
  const dense = [sentence({ a: 9 }), sentence({ a: 7 }), sentence({ b: 1 })]
  const error = failure(() => mineSet({ sentences: dense, k: 1, seed: 1 })) as InfeasibleError
  expect(error).toMatchObject({
    _tag: "InfeasibleError",
    type: "a",
    reason: "dense",
    available: 16,
    usable: 0,
    needed: 1,
    limit: 2
  })
  expect(error.message).toContain(
    'type "a": 1 to 2 entities are needed; of its 16 only 0 are in sentences with at most 2'
  )
  // Each type alone could be filled, together they cannot: a and b come at 1 : 2.
  const bound = Array.from({ length: 9 }, (_, i) => sentence({ a: 1, b: 3 }, `s${i}`))
  expect(failure(() => mineSet({ sentences: bound, k: 4, seed: 1 })).message).toBe(
    'mineSet: type "a": no set has 4 to 8 entities of every type; of its 9 the most that fitted was 2 (change k, or leave out the type)'
  )
})

test("bad options are refused by name", () => {
  const sentences = [sentence({ a: 1 })]
  expect(failure(() => mineSet({ sentences, k: 0, seed: 1 }))).toBeInstanceOf(OptionError)
  expect(failure(() => mineSet({ sentences, k: 1.5, seed: 1 })).message).toContain('option "k"')
  expect(failure(() => mineSet({ sentences, k: 1, seed: 1, tipes: ["a"] } as never)).message).toContain('"types"')
  expect(failure(() => mineSet({ sentences, k: 1, seed: 1, types: ["z"] })).message).toBe(
    'mineSet: option "types": the dataset has no type "z" (types: a)'
  )
  expect(failure(() => mineSet({ sentences: [], k: 1, seed: 1 })).message).toContain("no sentences")
  expect(failure(() => mineSet({ sentences: [sentence({})], k: 1, seed: 1 })).message).toContain("no entity in 1")
})

const ks = [1, 2, 4, 8, 16, 32, 64]

withData("1,000 seeds on MIT Movie for each k: every set within k to 2k", async (directory) => {
  const dataset = pool(await readAll(`${directory}/few-shot/mit-movie/train.bio`))
  expect(dataset.types.length).toBe(12)
  for (const k of ks) {
    const sets = mineSets({ sentences: dataset, k, seed: 1, sets: 1000 })
    for (const set of sets) within(set, dataset.types, k)
    expect(new Set(sets.map(({ indexes }) => indexes.join())).size).toBe(1000)
  }
})

withData(
  "where real data has no set, that is said; CrossNER politics has one for k = 2, and provably none for k = 1",
  async (directory) => {
    const politics = pool(await readAll(`${directory}/few-shot/crossner/politics/train.txt`))
    const outcome = (k: number) => {
      try {
        within(mineSet({ sentences: politics, k, seed: 1 }), politics.types, k)
        return "found"
      } catch (error) {
        if (!(error instanceof InfeasibleError)) throw error
        return error.reason
      }
    }
    expect(ks.map(outcome)).toEqual(["proved", "found", "found", "found", "few", "few", "few"])
  }
)
