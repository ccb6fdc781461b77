import { describe, expect, test } from "bun:test"
import { rng } from "@nuner/core"
import { calibrationError, fitTemperature } from "../src/index.ts"

const softmax = (logits: ReadonlyArray<number>, temperature: number): Array<number> => {
  const powers = logits.map((z) => Math.exp(z / temperature))
  const sum = powers.reduce((a, b) => a + b)
  return powers.map((p) => p / sum)
}

/** Labels drawn from `softmax(logits / temperature)`. */
const drawn = (rows: number, classes: number, temperature: number) => {
  const random = rng(5)
  const logits = new Float32Array(rows * classes).map(() => 3 * random.normal())
  const labels = Int32Array.from({ length: rows }, (_, row) => {
    const point = random.next()
    let sum = 0
    let label = 0
    for (const share of softmax([...logits.subarray(row * classes, (row + 1) * classes)], temperature)) {
      sum += share
      if (point < sum) break
      label++
    }
    return Math.min(label, classes - 1)
  })
  return { logits, labels }
}

describe("fitTemperature", () => {
  for (const truth of [0.5, 1, 2.5]) {
    test(`finds the temperature ${truth} that labels were drawn at, and no other has less log loss`, () => {
      const { logits, labels } = drawn(20_000, 4, truth)
      const fitted = fitTemperature(logits, labels, 4)
      expect(Math.abs(fitted / truth - 1)).toBeLessThan(0.05)
      const loss = (t: number) =>
        labels.reduce(
          (sum, label, row) => sum - Math.log(softmax([...logits.subarray(row * 4, row * 4 + 4)], t)[label]!),
          0
        )
      expect(loss(fitted)).toBeLessThanOrEqual(Math.min(loss(fitted * 1.01), loss(fitted / 1.01)))
    })
  }

  test("passes over words without a label, and says when there is none with one", () => {
    const { logits, labels } = drawn(500, 3, 2)
    const masked = Int32Array.of(...labels, -1, -1)
    const more = Float32Array.of(...logits, 9, 0, 0, 0, 9, 0)
    expect(fitTemperature(more, masked, 3)).toBe(fitTemperature(logits, labels, 3))
    expect(() =>
      fitTemperature(
        logits,
        labels.map(() => -1),
        3
      )
    ).toThrow("no labelled words")
  })
})

test("the temperature stays in [0.05, 20]: of a head that is always right the lowest, of one that is always wrong the highest", () => {
  const logits = Float32Array.of(1, 0, 0, 1)
  expect(fitTemperature(logits, Int32Array.of(0, 1), 2)).toBeCloseTo(0.05, 4)
  expect(fitTemperature(logits, Int32Array.of(1, 0), 2)).toBeCloseTo(20, 3)
})

test("calibrationError by hand", () => {
  const values = Float32Array.of(0.92, 0.08, 0.95, 0.05, 0.38, 0.62, 0.72, 0.28)
  // One bin for 0.92 and 0.95 (right, wrong), one for 0.62 (right), one for 0.72 (not counted).
  const expected = (Math.abs(1.87 - 1) + Math.abs(0.62 - 1)) / 3
  expect(calibrationError(values, Int32Array.of(0, 1, 1, -1), 2, 10)).toBeCloseTo(expected, 5)
  expect(calibrationError(Float32Array.of(0.75, 0.25), Int32Array.of(1), 2)).toBe(0.75)
  expect(calibrationError(new Float32Array(0), new Int32Array(0), 2)).toBe(0)
})
