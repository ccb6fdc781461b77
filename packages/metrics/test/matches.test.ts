import { expect, test } from "bun:test"
import {
  confusion,
  countWords,
  entityMicro,
  evaluate,
  type MatchScore,
  type Measures,
  matchEntities,
  matchScores,
  scores,
  wordConfusion
} from "../src/index.ts"
import reference from "./fixtures/nervaluate.json" with { type: "json" }
import { randomPredictions } from "./random.ts"

const entity = (start: number, end: number, type: string) => ({ start, end, type })

test("each kind of match; an exact one goes before an overlap that comes first", () => {
  const gold = [entity(0, 2, "X"), entity(3, 5, "X"), entity(6, 8, "Y"), entity(9, 11, "Y"), entity(12, 13, "X")]
  const predicted = [entity(0, 2, "X"), entity(3, 5, "Y"), entity(7, 8, "Y"), entity(8, 10, "X"), entity(14, 15, "X")]
  expect(matchEntities(gold, predicted).map(({ kind }) => kind)).toEqual([
    "exact",
    "span",
    "type",
    "overlap",
    "missed",
    "spurious"
  ])
  expect(matchEntities([entity(0, 2, "X")], [entity(0, 1, "X"), entity(0, 2, "X")]).map(({ kind }) => kind)).toEqual([
    "exact",
    "spurious"
  ])
  const { kinds, strict, boundary, partial, type } = matchScores([{ entities: gold }], [{ entities: predicted }])
  expect(kinds).toEqual({ exact: 1, span: 1, type: 1, overlap: 1, missed: 1, spurious: 1 })
  expect(strict).toMatchObject({ precision: 1 / 5, recall: 1 / 5, f1: 1 / 5, correct: 1, incorrect: 3 })
  expect(boundary).toMatchObject({ precision: 2 / 5, correct: 2, incorrect: 2 })
  expect(partial).toMatchObject({ precision: 3 / 5, correct: 2, partial: 2, incorrect: 0 })
  expect(type).toMatchObject({ recall: 2 / 5, correct: 2, incorrect: 2, missed: 1, spurious: 1 })
})

test("neighbours do not overlap: one is missed, the other spurious", () => {
  for (const [gold, predicted] of [
    [entity(0, 2, "X"), entity(2, 3, "X")],
    [entity(2, 3, "X"), entity(0, 2, "X")]
  ] as const) {
    expect(matchEntities([gold], [predicted]).map(({ kind }) => kind)).toEqual(["missed", "spurious"])
  }
})

test("both tables want a prediction for every sentence", () => {
  const one = { words: ["w"], entities: [entity(0, 1, "X")] }
  expect(() => confusion([one, one], [one])).toThrow("sentences")
  expect(() => wordConfusion([one, one], [one])).toThrow("sentences")
  expect(() => wordConfusion([one], [one, one])).toThrow("sentences")
})

test("the confusion of entities and of words", () => {
  const words = Array<string>(4).fill("w")
  const gold = [{ words, entities: [entity(0, 2, "X"), entity(3, 4, "Y")] }]
  const predicted = [{ words, entities: [entity(0, 1, "Y"), entity(2, 3, "Z")] }]
  expect(confusion(gold, predicted)).toEqual({
    labels: ["X", "Y", "Z", "O"],
    counts: [
      [0, 1, 0, 0],
      [0, 0, 0, 1],
      [0, 0, 0, 0],
      [0, 0, 1, 0]
    ]
  })
  expect(wordConfusion(gold, predicted)).toEqual({
    labels: ["X", "Y", "Z", "O"],
    counts: [
      [0, 1, 0, 1],
      [0, 0, 0, 1],
      [0, 0, 0, 0],
      [0, 0, 1, 0]
    ]
  })
})

test("a type called O is not taken for none", () => {
  const words = Array<string>(4).fill("w")
  const gold = [{ words, entities: [entity(0, 1, "O"), entity(1, 2, "X")] }]
  const predicted = [{ words, entities: [entity(0, 1, "O"), entity(2, 3, "O")] }]
  expect(confusion(gold, predicted)).toEqual({
    labels: ["O", "X", "O"],
    counts: [
      [1, 0, 0],
      [0, 0, 1],
      [1, 0, 0]
    ]
  })
  expect(wordConfusion(gold, predicted)).toEqual({
    labels: ["O", "X", "O"],
    counts: [
      [1, 0, 0],
      [0, 0, 1],
      [1, 0, 1]
    ]
  })
  const { types } = scores(countWords(gold, predicted, { outside: true }))
  expect(types.O).toMatchObject({ correct: 1, predicted: 2, support: 1 })
  expect(types[""]).toMatchObject({ correct: 1, predicted: 2, support: 2 })
})

test("on random predictions: every entity is matched once, strict is exact, and the confusion adds up", () => {
  for (let seed = 0; seed < 30; seed++) {
    const { gold, predicted } = randomPredictions(seed)
    const micro = entityMicro(gold, predicted)
    const { strict, boundary, partial, type, kinds } = matchScores(gold, predicted)
    expect(strict).toMatchObject({ precision: micro.precision, recall: micro.recall })
    expect(strict.f1).toBeCloseTo(micro.f1, 12)
    expect(boundary.f1).toBeGreaterThanOrEqual(strict.f1)
    expect(type.f1).toBeGreaterThanOrEqual(strict.f1)
    expect(partial.f1).toBeGreaterThanOrEqual(boundary.f1)
    const pairs = kinds.exact + kinds.span + kinds.type + kinds.overlap
    expect(pairs + kinds.missed).toBe(micro.support)
    expect(pairs + kinds.spurious).toBe(micro.predicted)
    const table = confusion(gold, predicted)
    expect(table.counts.flat().reduce((a, b) => a + b)).toBe(pairs + kinds.missed + kinds.spurious)
    // Swapping the sides transposes the words' table.
    const words = wordConfusion(gold, predicted)
    const swapped = wordConfusion(predicted as typeof gold, gold)
    expect(swapped.counts).toEqual(words.labels.map((_, i) => words.counts.map((row) => row[i]!)))
  }
})

test("strict, boundary, partial and type, over all types and by type, are nervaluate's, also where entities overlap", () => {
  const close = (ours: Measures, theirs: Record<string, Record<string, number>>) => {
    for (const [measure, fields] of Object.entries(theirs)) {
      for (const [field, value] of Object.entries(fields)) {
        expect(ours[measure as keyof Measures][field as keyof MatchScore]).toBeCloseTo(value, 12)
      }
    }
  }
  type Triple = readonly [start: number, end: number, type: string]
  const sentences = (side: Array<Array<Array<number | string>>>) =>
    side.map((entities) => ({
      words: Array<string>(20).fill("w"),
      entities: (entities as unknown as Array<Triple>).map(([start, end, type]) => entity(start, end, type))
    }))
  for (const { byType, gold, overall, predicted } of reference.corpora) {
    const ours = evaluate(sentences(gold), sentences(predicted))
    close(ours, overall)
    expect(Object.keys(ours.byType)).toEqual(Object.keys(byType))
    for (const [type, measures] of Object.entries(byType)) close(ours.byType[type]!, measures)
  }
})
