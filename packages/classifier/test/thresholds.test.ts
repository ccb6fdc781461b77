import { afterAll, expect, test } from "bun:test"
import { rng } from "@nuner/core"
import { entityMicro } from "@nuner/metrics"
import { tempDir } from "@nuner/testing"
import {
  fitThresholds,
  loadClassifier,
  predictFeatures,
  saveClassifier,
  schemeTransitions,
  tokenClassifier
} from "../src/index.ts"
import { toyEncoder } from "./toy.ts"

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())
const entity = (start: number, type: string, score: number) => ({ start, end: start + 1, type, score })

test("by hand: what is right stays, what is wrong below it goes; a type that gold lacks, or that is right throughout, gets none", () => {
  const gold = [[entity(0, "a", 1), entity(1, "a", 1), entity(2, "b", 1)]]
  const found = [
    [
      entity(0, "a", 0.9),
      entity(1, "a", 0.6),
      entity(3, "a", 0.4),
      entity(4, "a", 0.3),
      entity(2, "b", 0.2),
      entity(5, "c", 0.1)
    ]
  ]
  expect(fitThresholds(gold, found)).toEqual({ a: 0.5 })
  const named = fitThresholds(
    [[entity(0, "__proto__", 1)]],
    [[entity(0, "__proto__", 0.5), entity(1, "__proto__", 0.25)]]
  )
  expect(Object.entries(named)).toEqual([["__proto__", 0.375]])
  // Two of one score cannot be told apart.
  expect(fitThresholds([[entity(0, "a", 1)]], [[entity(0, "a", 0.5), entity(1, "a", 0.5)]])).toEqual({})
})

test("no other threshold is better on random scores", () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = rng(seed)
    const found = [Array.from({ length: 30 }, (_, i) => entity(i, "a", random.int(20) / 20))]
    const gold = [found[0]!.filter(({ score }) => random.next() < score).concat(entity(99, "a", 1))]
    const f1 = (least: number) =>
      entityMicro([{ entities: gold[0]! }], [{ entities: found[0]!.filter(({ score }) => score >= least) }]).f1
    const chosen = f1(fitThresholds(gold, found).a ?? 0)
    for (let least = 0; least <= 1; least += 0.01) expect(chosen).toBeGreaterThanOrEqual(f1(least) - 1e-12)
  }
})

test("a model keeps them, and its scheme's rules: no I- without B-", async () => {
  const encoder = toyEncoder()
  const classes = ["O", "B-a", "I-a", "B-b", "I-b"]
  // Logits are the vector's first five numbers.
  const kernel = Float32Array.from({ length: 64 * 5 }, (_, i) => (i % 6 === 0 && i < 30 ? 1 : 0))
  const head = { classes, kernel, bias: new Float32Array(5) }
  const rows = [
    [0, 0, 3, 0, 0],
    [5, 0, 0, 0, 0],
    [0, 0, 0, 4, 0],
    [0, 0, 3, 0, 1]
  ]
  const values = Float32Array.from(rows.flatMap((row) => [...row, ...Array<number>(59).fill(0)]))
  const features = { values, starts: Int32Array.of(0, 4), width: 64 }
  const spans = (parts: Parameters<typeof predictFeatures>[0]) =>
    predictFeatures(parts, features)[0]!.map(({ end, start, type }) => `${start}-${end} ${type}`)
  const found = { head, scheme: "BIO" } as const
  expect(spans(found)).toEqual(["0-1 a", "2-3 b", "3-4 a"])
  const transitions = schemeTransitions(classes, "BIO")
  expect(spans({ ...found, transitions })).toEqual(["2-4 b"])
  expect(spans({ ...found, thresholds: { b: 0.99 } })).toEqual(["0-1 a", "3-4 a"])
  expect(schemeTransitions(["O", "a"], "bare")).toBeUndefined()
  // A type that is called as what every object has is not taken for one with a threshold.
  const other = { ...head, classes: ["O", "B-constructor", "I-constructor", "B-__proto__", "I-__proto__"] }
  expect(spans({ ...found, head: other, thresholds: {} })).toEqual([
    "0-1 constructor",
    "2-3 __proto__",
    "3-4 constructor"
  ])

  const whole = tokenClassifier({ encoder, head, scheme: "BIO", transitions, thresholds: { b: 0.99 } })
  await saveClassifier(folder.file("model"), whole)
  const loaded = await loadClassifier(folder.file("model"))
  expect(loaded.thresholds).toEqual({ b: 0.99 })
  expect(JSON.stringify(loaded.transitions)).toBe(JSON.stringify(transitions))
  loaded.dispose()
  encoder.dispose()
})
