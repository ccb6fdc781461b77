import { describe, expect, test } from "bun:test"
import { rng } from "@nuner/core"
import { retrievalCounter } from "../src/contrastive/retrieval.ts"

describe("retrievalCounter", () => {
  test("precision, recall, AUC and average precision of a case done by hand", () => {
    const counter = retrievalCounter()
    // Scores from high to low: + - + - ; the threshold is 0.
    for (const [logit, positive] of [
      [3, true],
      [2, false],
      [1, true],
      [-1, false]
    ] as const)
      counter.add(logit, positive)
    const result = counter.result()
    expect(result.precision).toBeCloseTo(2 / 3, 12)
    expect(result.recall).toBe(1)
    expect(result.auc).toBeCloseTo(3 / 4, 12) // of four pairs, one is in the wrong order
    expect(result.averagePrecision).toBeCloseTo((1 + 2 / 3) / 2, 12)
    expect(result.meanPositive).toBe(2)
    expect(result.meanNegative).toBe(0.5)
  })

  test("AUC agrees with counting every pair, up to the width of a bin", () => {
    const random = rng("auc")
    const cells = Array.from({ length: 400 }, () => {
      const positive = random.next() < 0.2
      return { logit: random.normal() * 3 + (positive ? 1 : -1), positive }
    })
    const counter = retrievalCounter()
    for (const { logit, positive } of cells) counter.add(logit, positive)
    let right = 0
    let pairs = 0
    for (const p of cells.filter(({ positive }) => positive)) {
      for (const n of cells.filter(({ positive }) => !positive)) {
        pairs++
        right += p.logit > n.logit ? 1 : p.logit === n.logit ? 0.5 : 0
      }
    }
    expect(Math.abs(counter.result().auc - right / pairs)).toBeLessThan(2e-3)
  })

  test("a logit beyond the bins is in the outermost", () => {
    const counter = retrievalCounter()
    counter.add(-40, false)
    counter.add(-31.98, true) // in the bin after the lowest
    counter.add(31.98, false) // in the one before the highest
    counter.add(40, true)
    expect(counter.result().auc).toBe(3 / 4)
  })

  test("no positives: metrics that have no value say so", () => {
    const counter = retrievalCounter()
    counter.add(-1, false)
    expect(counter.result().auc).toBeNaN()
    expect(counter.result().precision).toBe(1)
  })
})
