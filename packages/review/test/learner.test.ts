import { expect, test } from "bun:test"
import { predictFeatures, type WordFeatures } from "@nuner/classifier"
import { rng } from "@nuner/core"
import { testEngine } from "@nuner/testing"
import { Learner } from "../src/index.ts"
import { Diversity } from "../src/learn/Diversity.ts"
import { sentenceVectors } from "../src/learn/sentenceVectors.ts"
import { uncertainty } from "../src/learn/uncertainty.ts"

await testEngine()

const WIDTH = 8
/** Vectors of words of four kinds, a little noise on each; kind 0 is of no entity. */
const featuresOf = (sentences: ReadonlyArray<ReadonlyArray<number>>): WordFeatures => {
  const random = rng(3)
  const starts = Int32Array.from([0, ...sentences.map((_, i) => sentences.slice(0, i + 1).flat().length)])
  const values = Float32Array.from(
    sentences
      .flat()
      .flatMap((kind) => Array.from({ length: WIDTH }, (_, j) => (j === kind ? 1 : 0) + 0.1 * random.next()))
  )
  return { values, starts, width: WIDTH }
}

test("entropy is summed over the words of a sentence", () => {
  const values = Float32Array.of(0.5, 0.5, 1, 0, 0.5, 0.5)
  expect([...uncertainty(values, Int32Array.of(0, 2, 3, 3), 2)]).toEqual([
    Math.fround(Math.log(2)),
    Math.fround(Math.log(2)),
    0
  ])
})

test("a sentence is as far as the nearest that was answered; vectors have length 1 and are centred", () => {
  const features = featuresOf([
    [0, 0],
    [1, 1],
    [0, 0, 0],
    [2, 2]
  ])
  const found = sentenceVectors(features)
  for (let i = 0; i < 4; i++) {
    expect(Math.hypot(...found.subarray(i * WIDTH, (i + 1) * WIDTH))).toBeCloseTo(1, 5)
  }
  const diversity = new Diversity(found, WIDTH)
  expect(diversity.of(2)).toBe(1)
  diversity.add(0)
  expect(diversity.of(0)).toBeCloseTo(0, 5)
  expect(diversity.of(2)).toBeLessThan(0.2)
  expect(diversity.of(3)).toBeGreaterThan(0.5)
})

test("a refit that begins at the last head finds what one from nothing finds", () => {
  const random = rng(5)
  const sentences = Array.from({ length: 40 }, () => Array.from({ length: 6 }, () => random.int(4)))
  const pool = sentences.map((kinds) => ({ words: kinds.map(String) }))
  const entities = (kinds: ReadonlyArray<number>) =>
    kinds.flatMap((kind, i) => (kind > 1 ? [{ start: i, end: i + 1, type: `T${kind}` }] : []))
  const features = featuresOf(sentences)
  const [warm, cold] = [new Learner(pool, features), new Learner(pool, features)]
  for (let i = 0; i < 20; i++) {
    warm.answer(i, entities(sentences[i]!))
    warm.refit(["T2", "T3"], { tolerance: 1e-6, maxIterations: 500 })
    cold.answer(i, entities(sentences[i]!))
  }
  cold.refit(["T2", "T3"], { tolerance: 1e-6, maxIterations: 500 })
  for (const [i, value] of cold.head!.kernel.entries()) expect(warm.head!.kernel[i]!).toBeCloseTo(value, 2)
  const found = predictFeatures({ head: warm.head! }, features)
  expect(found.map((list) => list.length)).toEqual(predictFeatures({ head: cold.head! }, features).map((l) => l.length))
  for (let i = 0; i < 20; i++) warm.forget(i)
  warm.refit()
  expect(warm.head).toBeUndefined()
})

test("what the types' names say finds what no answer has taught yet, and yields to answers", () => {
  const sentences = [
    [0, 2, 0],
    [0, 3, 0]
  ]
  const pool = sentences.map((kinds) => ({ words: kinds.map(String) }))
  const learner = new Learner(pool, featuresOf(sentences), { c: 0.1 })
  const taught = () => learner.refit(["T2", "T3"], { standardise: false })
  const found = () => learner.predict([0, 1]).map((list) => list.map(({ start, type }) => `${start}: ${type}`))
  learner.answer(0, [{ start: 1, end: 2, type: "T2" }])
  const weights = (kind: number) => Float32Array.from({ length: WIDTH }, (_, j) => (j === kind ? 20 : 0))
  taught()
  expect(found()[1]).toEqual([])
  learner.scores = new Map([["T3", { weights: weights(3), bias: -5 }]])
  taught()
  expect(found()[1]).toEqual(["1: T3"])
  // Names say that kind 3 is T3, answers that it is T2.
  for (let i = 0; i < 2; i++) learner.answer(i, [{ start: 1, end: 2, type: "T2" }])
  learner.refit(["T2", "T3"], { standardise: false, c: 100 })
  expect(found()).toEqual([["1: T2"], ["1: T2"]])
})

test("useful: the unsure and the unlike come first; random and order do not look at the model", () => {
  // Answered: kinds 0 and 2. Sentences 2 and 3 hold words of kind 3, which nothing has taught; 4 and 5 are known.
  const sentences = [
    [0, 0, 0],
    [2, 2, 2],
    [3, 3, 3],
    [3, 3, 3],
    [0, 0, 0],
    [2, 2, 2]
  ]
  const pool = sentences.map((kinds) => ({ words: kinds.map(String) }))
  const ready = (strategy: "useful" | "random" | "order") => {
    const learner = new Learner(pool, featuresOf(sentences), { strategy })
    learner.answer(0, [])
    learner.answer(1, [{ start: 0, end: 3, type: "T2" }])
    learner.refit()
    return learner
  }
  const useful = ready("useful")
  const [first, second] = useful.next(2, () => true)
  expect([2, 3]).toContain(first!)
  // Its twin is no use once it is chosen.
  expect([4, 5]).toContain(second!)
  expect(useful.next(9, (i) => i !== 3)).not.toContain(3)
  expect(ready("order").next(9, () => true)).toEqual([2, 3, 4, 5])
  expect(
    ready("random")
      .next(9, () => true)
      .toSorted()
  ).toEqual([2, 3, 4, 5])
  expect(ready("random").next(9, () => true)).toEqual(ready("random").next(9, () => true))
})
