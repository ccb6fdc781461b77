import { expect, test } from "bun:test"
import { withData } from "@nuner/testing"
import { mineWordSet, mineWordSets, pool, runsFor, sampleSentences, type WordSet } from "../src/index.ts"
import { failure, randomSentences, readAll } from "./data.ts"

/** Words that count, the plain way: those inside entities and not ignored. */
const counted = ({ sentences }: WordSet): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { entities, ignored } of sentences) {
    for (const { start, end, type } of entities) {
      for (let word = start; word < end; word++) if (!ignored.includes(word)) counts[type] = (counts[type] ?? 0) + 1
    }
  }
  return counts
}

test("exactly k_w words of every type count", () => {
  const sentences = randomSentences(2, 200, 5, 3)
  for (const words of [1, 2, 5, 20]) {
    for (const set of mineWordSets({ sentences, words, seed: 1 })) {
      expect(Object.entries(counted(set)).sort()).toEqual(["T0", "T1", "T2", "T3", "T4"].map((type) => [type, words]))
      expect(set.counts).toEqual(counted(set))
      expect(set.sentences.map(({ words: own }) => own)).toEqual(set.indexes.map((index) => sentences[index]!.words))
    }
  }
})

test("only some types: sentences with others stay out", () => {
  const options = { sentences: randomSentences(2, 200, 5, 3), words: 4, seed: 1, types: ["T3", "T1"] }
  for (const set of [mineWordSet(options), ...mineWordSets({ ...options, sets: 3 })]) {
    expect(counted(set)).toEqual({ T1: 4, T3: 4 })
    expect(set.counts).toEqual({ T1: 4, T3: 4 })
    for (const { entities } of set.sentences) {
      expect(entities.every(({ type }) => options.types.includes(type))).toBe(true)
    }
  }
})

test("surplus words are ignored, and counted; a long entity may count in part", () => {
  const sentences = [
    {
      words: ["New", "York", "City", "in", "May"],
      entities: [
        { start: 0, end: 3, type: "place" },
        { start: 4, end: 5, type: "time" }
      ]
    }
  ]
  const set = mineWordSet({ sentences, words: 1, seed: 1 })
  expect(set.sentences).toEqual([{ ...sentences[0]!, ignored: [1, 2] }])
  expect(set).toMatchObject({ counts: { place: 1, time: 1 }, ignored: { place: 2, time: 0 }, indexes: [0], words: 1 })
})

test("a word under two entities is of the type of the one that starts first", () => {
  const entities = [
    { start: 1, end: 2, type: "inner" },
    { start: 0, end: 3, type: "outer" },
    { start: 3, end: 4, type: "inner" }
  ]
  const set = mineWordSet({ sentences: [{ words: ["a", "b", "c", "d"], entities }], words: 1, seed: 1 })
  expect(set.sentences[0]!.ignored).toEqual([1, 2])
  expect(set.counts).toEqual({ inner: 1, outer: 1 })
})

test("runs of the paper, and seeds that make their set again", () => {
  expect([1, 2, 4, 8, 16, 32, 64].map(runsFor)).toEqual([16, 8, 4, 2, 1, 1, 1])
  const sentences = pool(randomSentences(2, 200, 5, 3))
  const sets = mineWordSets({ sentences, words: 4, seed: 9 })
  expect(sets.length).toBe(4)
  expect(mineWordSets({ sentences, words: 4, seed: 9, sets: 3 })).toEqual(sets.slice(0, 3))
  expect(mineWordSet({ sentences, words: 4, seed: "9/2" })).toEqual(sets[2]!)
  expect(sets[0]!.indexes).not.toEqual(sets[1]!.indexes)
})

test("too few words of a type are refused with the numbers", () => {
  const sentences = [{ words: ["a", "b"], entities: [{ start: 0, end: 2, type: "x" }] }]
  expect(failure(() => mineWordSet({ sentences, words: 3, seed: 1 })).message).toBe(
    'mineWordSet: type "x": 3 words are needed, the data has 2 (lower words, leave out the type, or add data)'
  )
  expect(failure(() => mineWordSet({ sentences, words: 0, seed: 1 })).message).toContain('option "words"')
})

test("a test set is cut by seed, in its order", () => {
  const sentences = randomSentences(2, 50, 3, 1)
  const cut = sampleSentences({ sentences, size: 20, seed: 1 })
  const at = cut.map((sentence) => sentences.indexOf(sentence))
  expect(at).toEqual(at.toSorted((a, b) => a - b))
  expect(new Set(at).size).toBe(20)
  expect(sampleSentences({ sentences, size: 20, seed: 1 })).toEqual(cut)
  expect(sampleSentences({ sentences, seed: 1 })).toEqual(sentences)
  expect(sampleSentences({ sentences: Array.from({ length: 1001 }, () => sentences[0]!), seed: 1 })).toHaveLength(1000)
})

withData("real data: MIT Movie and JNLPBA", async (directory) => {
  for (const path of ["mit-movie/train.bio", "jnlpba/train.reconstructed.tsv"]) {
    const sentences = pool(await readAll(`${directory}/few-shot/${path}`))
    for (const words of [1, 8, 64]) {
      for (const set of mineWordSets({ sentences, words, seed: 1 })) {
        expect(Object.values(counted(set))).toEqual(sentences.types.map(() => words))
      }
    }
  }
})
