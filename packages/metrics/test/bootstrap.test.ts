import { expect, test } from "bun:test"
import { OptionError, rng } from "@nuner/core"
import {
  bootstrap,
  type Counts,
  countEntities,
  countWords,
  decodeCounts,
  encodeCounts,
  groupUnits,
  holm,
  pairedBootstrap,
  resampleUnits,
  scores
} from "../src/index.ts"
import { asTheyAre } from "../src/intervals/bootstrap.ts"
import { percentile } from "../src/intervals/percentile.ts"
import { resampled } from "../src/intervals/Resampled.ts"
import { randomPredictions } from "./random.ts"

test("the metric of a resample is the metric of the resampled sentences", () => {
  const { gold, predicted } = randomPredictions(1)
  const chosen = Int32Array.from({ length: 60 }, (_, i) => (i * i) % 7)
  const pick = <A>(items: ReadonlyArray<A>) => [...chosen].map((i) => items[i]!)
  for (const count of [countEntities, countWords]) {
    const { micro, macro } = scores(count(pick(gold), pick(predicted)))
    const counts = count(gold, predicted)
    expect(resampled(counts, "microF1")(chosen)).toBeCloseTo(micro.f1, 12)
    expect(resampled(counts, "microPrecision")(chosen)).toBeCloseTo(micro.precision, 12)
    expect(resampled(counts, "microRecall")(chosen)).toBeCloseTo(micro.recall, 12)
    expect(resampled(counts, "macroF1")(chosen)).toBeCloseTo(macro.f1, 12)
    expect(resampled(counts, "macroF1")(asTheyAre(60, 1).units)).toBeCloseTo(scores(counts).macro.f1, 12)
  }
  // Over given types, those that a resample lacks count 0.
  const types = ["T0", "T1", "T2", "T3", "never"]
  const { macro } = scores(countEntities(pick(gold), pick(predicted), { types }))
  expect(resampled(countEntities(gold, predicted, { types }), "macroF1")(chosen)).toBeCloseTo(macro.f1, 12)
})

test("an interval is made by seed, holds the estimate, and shrinks with more sentences", () => {
  const width = (sentences: number) => {
    const { gold, predicted } = randomPredictions(2, sentences)
    const counts = countEntities(gold, predicted)
    const interval = bootstrap({ counts, seed: 1 })
    expect(interval).toEqual(bootstrap({ counts, seed: 1 }))
    expect(interval).not.toEqual(bootstrap({ counts, seed: 2 }))
    expect(interval).toMatchObject({ resamples: 1000, confidence: 0.95, units: sentences, runs: 1 })
    expect(interval.estimate).toBe(scores(counts).micro.f1)
    expect(interval.low).toBeLessThan(interval.estimate)
    expect(interval.high).toBeGreaterThan(interval.estimate)
    const narrow = bootstrap({ counts, seed: 1, confidence: 0.5 })
    expect(narrow.high - narrow.low).toBeLessThan(interval.high - interval.low)
    return interval.high - interval.low
  }
  // Width falls with the square root: sixteen times the sentences, a quarter of the width.
  const ratio = width(100) / width(1600)
  expect(ratio).toBeGreaterThan(3)
  expect(ratio).toBeLessThan(5.5)
})

test("recall of independent sentences: the interval is the binomial's", () => {
  // One entity a sentence, 300 of 400 found: standard error sqrt(.75 * .25 / 400) = 0.02165.
  const gold = Array.from({ length: 400 }, () => ({ entities: [{ start: 0, end: 1, type: "X" }] }))
  const predicted = gold.map((sentence, i) => (i % 4 === 0 ? { entities: [] } : sentence))
  const { low, high } = bootstrap({
    counts: countEntities(gold, predicted),
    metric: "microRecall",
    resamples: 20_000,
    seed: 3
  })
  expect(low).toBeCloseTo(0.75 - 1.96 * 0.02165, 2)
  expect(high).toBeCloseTo(0.75 + 1.96 * 0.02165, 2)
  // Sentences of an episode stand or fall together: fewer units, a wider interval.
  const episodes = groupUnits(
    countEntities(
      gold,
      predicted.toSorted((a, b) => a.entities.length - b.entities.length)
    ),
    Array(20).fill(20)
  )
  const wide = bootstrap({ counts: episodes, metric: "microRecall", seed: 3 })
  expect(wide.high - wide.low).toBeGreaterThan(2 * (high - low))
})

test("both bootstraps are what their options say, written out from the draws of the seed", () => {
  const runsOf = (seed: number) => {
    const { gold, predicted } = randomPredictions(seed, 12)
    return { gold, predicted, counts: countEntities(gold, predicted) }
  }
  const [a, b] = [
    [runsOf(1), runsOf(2)],
    [runsOf(3), runsOf(4)]
  ] as const
  const macro = (runs: typeof a | typeof b, units: Array<number>, chosen: Array<number>) => {
    const scored = chosen.map((run) => {
      const { gold, predicted } = runs[run]!
      const pick = (from: typeof gold) => units.map((unit) => from[unit]!)
      return scores(countEntities(pick(gold), pick(predicted))).macro.f1
    })
    return scored.reduce((sum, x) => sum + x, 0) / scored.length
  }
  const numbers = (count: number, of: () => number) => Array.from({ length: count }, of)
  for (const over of ["units", "sets", "both"] as const) {
    const random = rng("draws")
    const draws = numbers(9, () => 0).map(() => {
      const draw = (size: number) => numbers(size, () => Math.floor(random.next() * size))
      const units = over === "sets" ? [...Array(12).keys()] : draw(12)
      const runs = over === "units" ? [0, 1] : draw(2)
      return { of: macro(a, units, runs), difference: macro(a, units, runs) - macro(b, units, runs) }
    })
    // Of nine sorted values, 25 % and 75 % are the third and the seventh.
    const quartiles = (values: Array<number>) => [2, 6].map((i) => values.toSorted((x, y) => x - y)[i]!)
    const options = { metric: "macroF1", over, resamples: 9, confidence: 0.5, seed: "draws" } as const
    const one = bootstrap({ counts: a.map(({ counts }) => counts), ...options })
    const [low, high] = quartiles(draws.map(({ of }) => of))
    expect(one).toMatchObject({ resamples: 9, confidence: 0.5, units: 12, runs: 2 })
    expect(one.low).toBeCloseTo(low!, 12)
    expect(one.high).toBeCloseTo(high!, 12)
    const two = pairedBootstrap({ a: a.map((x) => x.counts), b: b.map((x) => x.counts), ...options })
    const [least, most] = quartiles(draws.map(({ difference }) => difference))
    expect(two).toMatchObject({ resamples: 9, confidence: 0.5, units: 12, runs: 2 })
    expect(two.low).toBeCloseTo(least!, 12)
    expect(two.high).toBeCloseTo(most!, 12)
    const as = macro(a, [...Array(12).keys()], [0, 1]) - macro(b, [...Array(12).keys()], [0, 1])
    const extreme = draws.filter(({ difference }) => Math.abs(difference - as) >= Math.abs(as) - 1e-12).length
    expect(two.p).toBeCloseTo((extreme + 1) / 10, 12)
  }
})

test("over runs: the mean of several training sets, and their spread when sets are drawn", () => {
  const { gold, predicted } = randomPredictions(4)
  const counts = [
    countEntities(gold, predicted),
    countEntities(gold, gold),
    countEntities(
      gold,
      predicted.map(() => ({ entities: [] }))
    )
  ]
  const mean = (scores(counts[0]!).micro.f1 + 1) / 3
  expect(bootstrap({ counts, seed: 1 }).estimate).toBeCloseTo(mean, 12)
  const units = bootstrap({ counts, seed: 1, over: "units" })
  const sets = bootstrap({ counts, seed: 1, over: "sets" })
  const both = bootstrap({ counts, seed: 1, over: "both" })
  expect(units.runs).toBe(3)
  expect(sets.high - sets.low).toBeGreaterThan(3 * (units.high - units.low))
  expect(both.high - both.low).toBeGreaterThan(units.high - units.low)
})

test("paired: the same system does not differ, a better one does, and sides swap", () => {
  const { gold, predicted } = randomPredictions(5, 300)
  const a = countEntities(gold, predicted)
  expect(pairedBootstrap({ a, b: a, seed: 1 })).toMatchObject({ difference: 0, low: 0, high: 0, p: 1 })
  // Half of the mistakes put right.
  const better = countEntities(
    gold,
    predicted.map((sentence, i) => (i % 2 === 0 ? gold[i]! : sentence))
  )
  const result = pairedBootstrap({ a: better, b: a, seed: 1, resamples: 2000 })
  expect(result.difference).toBeCloseTo(scores(better).micro.f1 - scores(a).micro.f1, 12)
  expect(result.low).toBeGreaterThan(0)
  expect(result.p).toBe(1 / 2001)
  const swapped = pairedBootstrap({ a, b: better, seed: 1, resamples: 2000 })
  expect(swapped.difference).toBe(-result.difference)
  expect(swapped.low).toBeCloseTo(-result.high, 12)
  expect(swapped.p).toBe(result.p)
  // Pairing matters: the difference is known better than either score.
  const alone = bootstrap({ counts: a, seed: 1 })
  expect(result.high - result.low).toBeLessThan(alone.high - alone.low)
})

test("p is uniform when systems do not differ", () => {
  let below = 0
  for (let seed = 0; seed < 200; seed++) {
    const one = randomPredictions(seed, 80)
    // Two noisy readings of the same gold, alike in distribution: each sentence's prediction goes to one of the two at random.
    const other = randomPredictions(seed + 10_000, 80)
    const gold = [...one.gold, ...other.gold]
    const a = countEntities(gold, [...one.predicted, ...other.gold])
    const b = countEntities(gold, [...one.gold, ...other.predicted])
    if (pairedBootstrap({ a, b, seed, resamples: 200 }).p < 0.1) below++
  }
  // 20 of 200 expected; five standard deviations are 21.
  expect(below).toBeGreaterThan(3)
  expect(below).toBeLessThan(41)
})

test("bad options and sides that do not match are refused", () => {
  const { gold, predicted } = randomPredictions(1)
  const counts = countEntities(gold, predicted)
  expect(() => bootstrap({ counts, seed: 1, metric: "f1" as never })).toThrow(OptionError)
  for (const confidence of [95, 1, 0.49]) {
    expect(() => bootstrap({ counts, seed: 1, confidence })).toThrow('option "confidence"')
  }
  for (const confidence of [0.5, 0.9999]) expect(bootstrap({ counts, seed: 1, confidence }).confidence).toBe(confidence)
  expect(() => bootstrap({ counts: [], seed: 1 })).toThrow("nothing is counted")
  const fewer = countEntities(gold.slice(1), predicted.slice(1))
  expect(() => bootstrap({ counts: [counts, fewer], seed: 1 })).toThrow("run 1 has 59 units, run 0 has 60")
  expect(() => pairedBootstrap({ a: counts, b: fewer, seed: 1 })).toThrow('b: 1 runs of 59 units, "a" has 1 of 60')
})

test("percentiles interpolate", () => {
  const values = Float64Array.of(1, 2, 3, 4)
  expect([0, 0.5, 0.9, 1].map((share) => percentile(values, share))).toEqual([1, 2.5, 3.7, 4])
  expect(percentile(Float64Array.of(7), 0.3)).toBe(7)
})

test("encoded counts are the counts, and say their totals by type", () => {
  const { gold, predicted } = randomPredictions(5, 300)
  // Type names that a JavaScript object would put into another order, and a value beyond one byte.
  const long = {
    words: Array<string>(400).fill("w"),
    entities: [
      { start: 0, end: 400, type: "10" },
      { start: 0, end: 1, type: "2" }
    ]
  }
  for (const counts of [
    countEntities(gold, predicted),
    countWords([...gold, long], [...predicted, long]),
    countEntities([long], [long], { types: ["10", "2", "never"] })
  ]) {
    const encoded = encodeCounts(counts)
    expect(decodeCounts(JSON.parse(JSON.stringify(encoded)))).toEqual(counts)
    for (const [type, correct, guessed, support] of encoded.types) {
      expect(scores(counts).types[type]).toMatchObject({ correct, predicted: guessed, support })
    }
    expect(() => decodeCounts({ ...encoded, entries: encoded.entries.slice(0, 4) })).toThrow("entries: damaged")
  }
})

test("draws of units are the same for every run and call, and give the bootstrap's interval", () => {
  const runs = [1, 2].map((seed) => randomPredictions(seed))
  const [a, b] = runs.map(({ gold, predicted }) => countEntities(gold, predicted)) as [Counts, Counts]
  const options = { metric: "macroF1", resamples: 200, seed: 3 } as const
  const [first, second] = resampleUnits({ counts: [a, b], ...options }) as [Float64Array, Float64Array]
  expect(resampleUnits({ counts: [b], ...options })[0]).toEqual(second)
  expect(first).not.toEqual(second)
  const { low } = bootstrap({ counts: a, ...options })
  expect(percentile(first.toSorted(), 0.025)).toBeCloseTo(low, 12)
})

test("Holm's correction, by hand: 0.01 <= 0.05/4, 0.016 <= 0.05/3, 0.03 > 0.05/2 and with it all after", () => {
  expect(holm([0.03, 0.01, 0.04, 0.016])).toEqual([false, true, false, true])
  expect(holm([0.03, 0.04])).toEqual([false, false])
  expect(holm([])).toEqual([])
})
