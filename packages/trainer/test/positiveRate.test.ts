import { expect, test } from "bun:test"
import type { EpochPlan } from "@nuner/engine"
import type { ContrastiveBatch } from "../src/contrastive/ContrastiveBatch.ts"
import { positiveRateOf } from "../src/contrastive/positiveRate.ts"

/** Of an epoch's 30 batches the first has no concept; batch `i` has `i` positives among 100 cells. */
const plan = { perEpoch: 30, batch: (i: number) => Int32Array.of(i) } as unknown as EpochPlan
const positivesOf = (i: number): Promise<ContrastiveBatch | undefined> =>
  Promise.resolve(
    i === 0
      ? undefined
      : ({ targets: { positives: { tokens: new Int32Array(i) }, cells: 100 } } as unknown as ContrastiveBatch)
  )

test("the positive rate is that of the first twenty batches that have a concept", async () => {
  expect(await positiveRateOf(plan, (_, i) => positivesOf(i))).toBeCloseTo(210 / 2000, 12) // 1 + 2 + ... + 20
})

test("at most a half", async () => {
  expect(await positiveRateOf(plan, (_, i) => positivesOf(i * 100))).toBe(0.5)
})

test("batches without any are refused", async () => {
  await expect(positiveRateOf(plan, () => Promise.resolve(undefined))).rejects.toThrow(
    "no sub-token of them is labelled"
  )
})
