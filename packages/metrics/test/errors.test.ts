import { expect, test } from "bun:test"
import { errorStrings, reliability, scoresByFrequency, scoresByLength } from "../src/index.ts"
import { randomPredictions } from "./random.ts"

const entity = (start: number, end: number, type: string) => ({ start, end, type })
const words = ["Ada", "Lovelace", "left", "New", "York"]
const gold = [
  { words, entities: [entity(0, 2, "person"), entity(3, 5, "place")] },
  { words, entities: [entity(0, 2, "person"), entity(3, 5, "place")] },
  { words, entities: [entity(0, 2, "person")] }
]
const predicted = [
  { entities: [entity(0, 2, "person"), entity(4, 5, "place")] },
  { entities: [entity(0, 1, "place"), entity(4, 5, "place")] },
  { entities: [entity(0, 2, "place"), entity(2, 3, "place")] }
]

test("errors by string and kind, the most frequent first, of equals by text", () => {
  expect(errorStrings(gold, predicted)).toEqual([
    { text: "New York", kind: "type", gold: { type: "place" }, predicted: { type: "place", text: "York" }, count: 2 },
    {
      text: "Ada Lovelace",
      kind: "overlap",
      gold: { type: "person" },
      predicted: { type: "place", text: "Ada" },
      count: 1
    },
    {
      text: "Ada Lovelace",
      kind: "span",
      gold: { type: "person" },
      predicted: { type: "place", text: "Ada Lovelace" },
      count: 1
    },
    { text: "left", kind: "spurious", predicted: { type: "place", text: "left" }, count: 1 }
  ])
  expect(errorStrings(gold, predicted, { most: 1 })).toHaveLength(1)
})

test("scores by length and by training frequency add up to all of them, each entity in the bucket of its own words", () => {
  const byLength = scoresByLength(gold, predicted)
  expect(byLength.slice(0, 2)).toMatchObject([
    { bucket: "1", correct: 0, predicted: 4, support: 0, f1: 0 },
    { bucket: "2", correct: 1, predicted: 2, support: 5, precision: 1 / 2, recall: 1 / 5 }
  ])
  const train = [{ words: ["ADA", "Lovelace", "York"], entities: [entity(0, 2, "x"), entity(2, 3, "y")] }]
  const byFrequency = scoresByFrequency(gold, predicted, [...train, ...train])
  expect(byFrequency.map(({ predicted, support }) => [predicted, support])).toEqual([
    [2, 2],
    [0, 0],
    [4, 3],
    [0, 0],
    [0, 0]
  ])
  for (let seed = 0; seed < 5; seed++) {
    const random = randomPredictions(seed)
    const sum = (buckets: ReadonlyArray<{ readonly support: number }>) =>
      buckets.reduce((all, { support }) => all + support, 0)
    const support = random.gold.flatMap(({ entities }) => entities).length
    expect(sum(scoresByLength(random.gold, random.predicted))).toBe(support)
    expect(sum(scoresByFrequency(random.gold, random.predicted, random.gold))).toBe(support)
  }
})

test("reliability by hand: two bins, their gaps weighted by their counts", () => {
  const scored = (start: number, score: number) => ({ ...entity(start, start + 1, "X"), score })
  const right = [{ entities: [entity(0, 1, "X"), entity(1, 2, "X")] }]
  const guess = [{ entities: [scored(0, 0.95), scored(1, 1), scored(2, 0.93), scored(3, 0.12)] }]
  const { bins, error } = reliability(right, guess)
  expect(bins).toMatchObject([
    { from: 0.1, count: 1, score: 0.12, precision: 0 },
    { from: 0.9, to: 1, count: 3, precision: 2 / 3 }
  ])
  expect(error).toBeCloseTo((0.12 + (0.95 + 1 + 0.93 - 2)) / 4, 12)
  expect(reliability([], [])).toEqual({ bins: [], error: 0 })
  for (const score of [-0.1, 1.1, 62, Number.NaN]) {
    const entities = [{ start: 0, end: 1, type: "A", score }]
    const message = `predicted: [0].entities: the score ${score} is no probability`
    expect(() => reliability([{ entities: [] }], [{ entities }])).toThrow(message)
  }
})
