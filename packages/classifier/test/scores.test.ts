import { describe, expect, test } from "bun:test"
import type { Entity } from "@nuner/core"
import { calibrate } from "../src/finetune/calibrate.ts"
import { classWeights } from "../src/finetune/classWeights.ts"
import { devScores } from "../src/finetune/evaluateDev.ts"

const entity = (start: number, end: number, type: string): Entity => ({ start, end, type })

test("scores of a dev set by hand", () => {
  const sentences = [
    { words: ["a", "b"], entities: [entity(0, 1, "X")] },
    { words: ["c", "d"], entities: [entity(0, 1, "X"), entity(1, 2, "X")] }
  ]
  const logits = Float32Array.of(0, 2, 1, 0, 3, 0, 0, 4)
  const softmax = (own: number, other: number) => Math.exp(own) / (Math.exp(own) + Math.exp(other))
  const head = { classes: ["O", "X"], kernel: new Float32Array(0), bias: new Float32Array(0) }
  const scores = devScores(logits, { sentences, labels: Int32Array.of(1, 0, 1, 1) }, { head, scheme: "bare" })
  const loss =
    -[softmax(2, 0), softmax(1, 0), softmax(0, 3), softmax(4, 0)].reduce((sum, p) => sum + Math.log(p), 0) / 4
  expect(scores.loss).toBeCloseTo(loss, 6)
  const ignoring = devScores(
    Float32Array.of(0, 2, 1, 0, 3, 0, 0, 4),
    { sentences, labels: Int32Array.of(1, 0, -1, 1) },
    { head, scheme: "bare" }
  )
  expect(ignoring.loss).toBeCloseTo((4 * loss + Math.log(softmax(0, 3))) / 3, 6)
  // Found: the X of "a" and of "d"; missed: that of "c".
  expect(scores.tokenF1).toBeCloseTo(4 / 5, 12)
  expect(scores).toMatchObject({ precision: 1, recall: 2 / 3 })
  expect(scores.entityF1).toBeCloseTo(4 / 5, 12)
})

test("calibration tells the error before, at temperature 1, and after", () => {
  const logits = Float32Array.of(4, 0, 4, 0, 0, 4, 4, 0)
  const labels = Int32Array.of(0, 1, 1, 0)
  const sure = (temperature: number) => 1 / (1 + Math.exp(-4 / temperature))
  const { after, before, temperature } = calibrate(logits, labels, 2)
  // Three of four are right: the temperature at which every word is sure to 3/4.
  expect(sure(temperature)).toBeCloseTo(0.75, 3)
  expect(before).toBeCloseTo(sure(1) - 0.75, 5)
  expect(after).toBeCloseTo(0, 3)
})

describe("classWeights", () => {
  const example = (...labels: Array<number>) => ({ ids: new Int32Array(0), words: [], labels: Int32Array.from(labels) })
  test("balanced: words / (classes met x words of the class), 1 for a class that is not met", () => {
    const weights = classWeights("balanced", [example(0, 0, 0, 1), example(0, 1)], ["", "X", "Y"])
    expect([...weights!]).toEqual([6 / (2 * 4), 6 / (2 * 2), 1])
  })
  test("given: by type, B- and I- alike, 1 where nothing is said", () => {
    expect([...classWeights({ X: 4, O: 0.5 }, [], ["", "X", "X", "Y"])!]).toEqual([0.5, 4, 4, 1])
    expect(classWeights(undefined, [], ["", "X"])).toBeUndefined()
  })
})
