import { expect, test } from "bun:test"
import { type Entity, type LabelledSentence, rng } from "@nuner/core"
import {
  classMacroF1,
  confusion,
  countEntities,
  countEpisodes,
  countLabels,
  countTags,
  countWords,
  entityMicro,
  episodeMicro,
  evaluate,
  groupUnits,
  matchScores,
  scores,
  summarise,
  tokenMacroF1,
  wordLabels
} from "../src/index.ts"
import { randomPredictions } from "./random.ts"

/** "0-2 X, 3-4 Y" */
const entities = (text: string): Array<Entity> =>
  text.split(", ").flatMap((part) => {
    const match = /^(\d+)-(\d+) (.+)$/.exec(part)
    return match === null ? [] : [{ start: Number(match[1]), end: Number(match[2]), type: match[3]! }]
  })
const sentence = (text: string, words = 6): LabelledSentence => ({
  words: Array(words).fill("w"),
  entities: entities(text)
})

const gold = [sentence("0-2 X, 3-4 Y"), sentence("1-2 X"), sentence("")]
const predicted = [sentence("0-2 X, 3-4 X"), sentence("1-3 X"), sentence("5-6 Z")]

test("exact entities, by hand", () => {
  const { micro, macro, types } = scores(countEntities(gold, predicted))
  expect(micro).toEqual({ precision: 1 / 4, recall: 1 / 3, f1: 2 / 7, correct: 1, predicted: 4, support: 3 })
  expect(types).toEqual({
    X: { precision: 1 / 3, recall: 1 / 2, f1: 2 / 5, correct: 1, predicted: 3, support: 2 },
    Y: { precision: 0, recall: 0, f1: 0, correct: 0, predicted: 0, support: 1 },
    Z: { precision: 0, recall: 0, f1: 0, correct: 0, predicted: 1, support: 0 }
  })
  expect(macro.f1).toBeCloseTo(2 / 15, 15)
  expect(macro.recall).toBeCloseTo(1 / 6, 15)
  expect(entityMicro(gold, predicted)).toEqual(micro)
})

test("of a single type the macro average is its score", () => {
  const { macro, types } = scores(countEntities([sentence("0-2 X, 3-4 X")], [sentence("0-2 X, 4-5 X")]))
  expect(macro).toEqual({ precision: types.X!.precision, recall: types.X!.recall, f1: types.X!.f1 })
  expect(macro.f1).toBe(1 / 2)
})

test("a word of several entities has the type of the first, of those the longest, whatever their order", () => {
  const nested = entities("1-2 Short, 1-4 Long, 3-5 Late")
  for (const order of [nested, nested.toReversed()]) {
    expect(wordLabels({ entities: order }, 6)).toEqual(["O", "Long", "Long", "Long", "Late", "O"])
  }
})

test("words, by hand: B- and I- alike, O left out unless asked for", () => {
  // Gold X: words 0 1 and 1; Y: word 3. Predicted X: 0 1 3 and 1 2; Z: word 5.
  const { types, macro } = scores(countWords(gold, predicted))
  expect(types.X).toEqual({ precision: 3 / 5, recall: 1, f1: 3 / 4, correct: 3, predicted: 5, support: 3 })
  expect(macro.f1).toBeCloseTo(3 / 4 / 3, 15)
  expect(tokenMacroF1(gold, predicted)).toBe(macro.f1)
  const withOutside = scores(countWords(gold, predicted, { outside: true }))
  // Gold O: 3 + 5 + 6; predicted O: 3 + 4 + 5, all of them right.
  expect(withOutside.types.O).toMatchObject({ correct: 12, predicted: 12, support: 14 })
  expect(withOutside.macro.f1).toBeCloseTo((3 / 4 + 24 / 26) / 4, 15)
})

test("labels, tags and entities give the same words", () => {
  const { gold, predicted } = randomPredictions(3)
  const labels = (of: ReadonlyArray<LabelledSentence>) => of.map((one) => wordLabels(one, one.words.length))
  const tags = (of: ReadonlyArray<LabelledSentence>) =>
    labels(of).map((own) => own.map((label, i) => (label === "O" ? "O" : `${"BI"[i % 2]}-${label}`)))
  for (const options of [{}, { outside: true }, { types: ["T0", "T1", "T2", "T3", "T4"] }]) {
    const expected = scores(countWords(gold, predicted, options))
    expect(scores(countLabels(labels(gold), labels(predicted), options))).toEqual(expected)
    expect(scores(countTags(tags(gold), tags(predicted), options))).toEqual(expected)
  }
  expect(() => countLabels([["O", "X"]], [["O"]])).toThrow("predicted: [0]: 1 labels, gold has 2")
})

test("of class numbers: words without a label do not count, B- and I- are alike, without a type it is 0", () => {
  const types = ["", "X", "Y"]
  // X has 2 of 3 and 2 of 2, Y none of 1.
  expect(classMacroF1(Int32Array.of(1, 1, 2, 0, -1), Int32Array.of(1, 1, 1, 0, 2), types)).toBeCloseTo(4 / 5 / 2, 12)
  expect(classMacroF1(Int32Array.of(0), Int32Array.of(0), types)).toBe(0)
  const { gold, predicted } = randomPredictions(4)
  const classes = ["O", ...new Set([...gold, ...predicted].flatMap(({ entities }) => entities.map(({ type }) => type)))]
  // Every other word of a type has its second class.
  const numbers = (of: ReadonlyArray<LabelledSentence>) =>
    Int32Array.from(
      of.flatMap((one) => wordLabels(one, one.words.length)),
      (label, i) => (label === "O" ? 0 : classes.indexOf(label) + (i % 2) * (classes.length - 1))
    )
  const alike = ["", ...classes.slice(1), ...classes.slice(1)]
  expect(classMacroF1(numbers(gold), numbers(predicted), alike)).toBeCloseTo(tokenMacroF1(gold, predicted), 12)
})

test("given types are the ones scored and averaged over; others count on neither side", () => {
  const types = ["W", "X", "Y", "Z"]
  expect(scores(countEntities(gold, predicted, { types })).macro.f1).toBeCloseTo(2 / 5 / 4, 15)
  expect(tokenMacroF1(gold, predicted, { types })).toBeCloseTo(3 / 4 / 4, 15)
  expect(tokenMacroF1(gold, predicted, { types, outside: true })).toBeCloseTo((3 / 4 + 24 / 26) / 5, 15)
  // X alone: Y is no gold, Z no false positive.
  const only = scores(countEntities(gold, predicted, { types: ["X"] }))
  expect(only.micro).toMatchObject({ correct: 1, predicted: 3, support: 2 })
  expect(Object.keys(only.types)).toEqual(["X"])
  expect(tokenMacroF1(gold, predicted, { types: ["X"] })).toBeCloseTo(3 / 4, 15)
  expect(evaluate(gold, predicted, { types: ["X"] }).confusion.labels).toEqual(["X", "O"])
  // The longer Y is not scored: it takes no word from X.
  const nested = [sentence("0-3 Y, 1-2 X")]
  expect(tokenMacroF1(nested, nested, { types: ["X"] })).toBe(1)
})

test("an O that never occurs is not averaged", () => {
  const full = [sentence("0-2 X", 2)]
  expect(tokenMacroF1(full, full, { outside: true })).toBe(1)
  expect(tokenMacroF1(full, full, { outside: true, types: ["X"] })).toBe(1)
  expect(tokenMacroF1(full, [sentence("0-1 X", 2)], { outside: true })).toBeCloseTo(2 / 3 / 2, 15)
})

test("episodes are pooled, not averaged", () => {
  const episodes = [
    { gold: gold.slice(0, 1), predicted: predicted.slice(0, 1) }, // 1 of 2 and 2
    { gold: gold.slice(1), predicted: predicted.slice(1) } // 0 of 2 and 1
  ]
  expect(episodeMicro(episodes)).toEqual(entityMicro(gold, predicted))
  expect(countEpisodes(episodes).units).toBe(2)
  expect(() => episodeMicro([{ gold, predicted: [] }])).toThrow("0 sentences in episode 0, gold has 3")
})

test("groups that leave units out are refused", () => {
  expect(() => groupUnits(countEntities(gold, predicted), [1, 1])).toThrow("sizes: 2 units in groups, 3 counted")
})

test("nothing predicted, nothing gold, nothing at all", () => {
  const none = gold.map(() => sentence(""))
  expect(entityMicro(gold, none)).toMatchObject({ precision: 0, recall: 0, f1: 0 })
  expect(entityMicro(none, predicted)).toMatchObject({ precision: 0, recall: 0, f1: 0 })
  expect(scores(countEntities(none, none)).macro).toEqual({ precision: 0, recall: 0, f1: 0 })
  expect(entityMicro([], [])).toMatchObject({ f1: 0, support: 0 })
})

test("an entity that is given twice counts once, in short and in long lists", () => {
  expect(entityMicro([sentence("0-1 X")], [sentence("0-1 X, 0-1 X")])).toMatchObject({ correct: 1, predicted: 1 })
  expect(matchScores([sentence("0-1 X")], [sentence("0-1 X, 0-1 X")]).strict.f1).toBe(1)
  expect(confusion([sentence("0-1 X, 0-1 X")], [sentence("0-1 X")]).counts).toEqual([
    [1, 0],
    [0, 0]
  ])
  const many = Array.from({ length: 100 }, (_, i) => ({ start: i, end: i + 1, type: "X" }))
  const long = { words: Array<string>(100).fill("w"), entities: [...many, ...many] }
  expect(entityMicro([long], [long])).toMatchObject({ correct: 100, predicted: 100, support: 100 })
})

test("where entities overlap, the first has the word, then the longer", () => {
  expect(wordLabels(sentence("1-2 X, 0-3 Y, 0-1 Z"), 4)).toEqual(["Y", "Y", "Y", "O"])
  expect(() => wordLabels(sentence("3-5 X"), 4)).toThrow('type "X" ends at word 5 of 4')
})

test("sides that do not match are refused", () => {
  expect(() => countEntities(gold, [])).toThrow(
    "predicted: 0 sentences, gold has 3 (predict every one, in the order of gold)"
  )
})

test("properties on random predictions", () => {
  for (let seed = 0; seed < 30; seed++) {
    const { gold, predicted } = randomPredictions(seed)
    for (const count of [countEntities, countWords]) {
      const base = scores(count(gold, predicted))
      // Swapping gold and prediction swaps precision and recall.
      const swapped = scores(count(predicted, gold))
      expect(swapped.micro.precision).toBe(base.micro.recall)
      expect(swapped.micro.f1).toBe(base.micro.f1)
      expect(swapped.macro.precision).toBeCloseTo(base.macro.recall, 12)
      for (const [type, { precision, recall }] of Object.entries(base.types)) {
        expect(swapped.types[type]).toMatchObject({ precision: recall, recall: precision })
      }
      // The order of sentences does not matter.
      const order = rng(seed).shuffle([...gold.keys()])
      expect(
        scores(
          count(
            order.map((i) => gold[i]!),
            order.map((i) => predicted[i]!)
          )
        )
      ).toEqual(base)
      // Nor does how they are grouped.
      const counts = count(gold, predicted)
      expect(scores(groupUnits(counts, [10, 0, 25, 25]))).toEqual(base)
      expect(groupUnits(counts, [10, 0, 25, 25]).units).toBe(4)
      // Perfect predictions.
      expect(scores(count(gold, gold))).toMatchObject({ micro: { f1: 1 }, macro: { f1: 1 } })
      // The types' counts add up to the pooled ones.
      const types = Object.values(base.types)
      expect(types.reduce((sum, { correct }) => sum + correct, 0)).toBe(base.micro.correct)
    }
    const all = evaluate(gold, predicted)
    expect(all.entities.micro).toEqual(entityMicro(gold, predicted))
    expect(all.words.macro.f1).toBe(tokenMacroF1(gold, predicted))
    expect(all.sentences).toBe(60)
  }
})

test("mean and standard deviation of the sample", () => {
  expect(summarise([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({
    n: 8,
    mean: 5,
    standardDeviation: Math.sqrt(32 / 7),
    min: 2,
    max: 9
  })
  expect(summarise([3]).standardDeviation).toBeUndefined()
  expect(() => summarise([])).toThrow("values: there are none")
})
