import { expect, test } from "bun:test"
import { rng } from "@nuner/core"
import { bucketByLength } from "../src/encode/bucketByLength.ts"
import { planWindows, type Window } from "../src/encode/planWindows.ts"

/** Distance to the nearest cut, where the text's own ends are no cuts. */
const context = (token: number, { start, end }: Window, tokens: number): number => {
  const left = start === 0 ? Number.POSITIVE_INFINITY : token - start
  const right = end === tokens ? Number.POSITIVE_INFINITY : end - 1 - token
  return Math.min(left, right)
}

test("windows cover every token, overlap enough, and own each token where its context is largest", () => {
  const random = rng(1)
  for (let round = 0; round < 300; round++) {
    const size = 2 + random.int(40)
    const overlap = random.int(size)
    const tokens = random.int(200)
    const windows = planWindows(tokens, size, overlap)
    let next = 0
    for (const [index, window] of windows.entries()) {
      expect(window.end - window.start).toBeLessThanOrEqual(size)
      expect(window.own.start).toBe(next)
      expect(window.own.start >= window.start && window.own.end <= window.end).toBe(true)
      if (index > 0) expect(windows[index - 1]!.end - window.start).toBeGreaterThanOrEqual(overlap)
      for (let token = window.own.start; token < window.own.end; token++) {
        const best = Math.max(
          ...windows.filter((w) => w.start <= token && token < w.end).map((w) => context(token, w, tokens))
        )
        expect(context(token, window, tokens)).toBe(best)
      }
      next = window.own.end
    }
    expect(next).toBe(tokens)
  }
})

test("a text that fits is one window; impossible sizes are refused", () => {
  expect(planWindows(5, 5, 2)).toEqual([{ start: 0, end: 5, own: { start: 0, end: 5 } }])
  expect(planWindows(0, 5, 2).length).toBe(1)
  expect(() => planWindows(10, 4, 4)).toThrow("overlap")
  expect(() => planWindows(10, 0, 0)).toThrow("size")
})

test("buckets hold every item once, within the budget, in order of length", () => {
  const random = rng(2)
  const lengths = Array.from({ length: 500 }, () => 1 + random.int(120))
  const buckets = bucketByLength(lengths, 256)
  expect(buckets.flat().sort((a, b) => a - b)).toEqual([...lengths.keys()])
  for (const bucket of buckets) {
    expect(bucket.length * Math.max(...bucket.map((i) => lengths[i]!))).toBeLessThanOrEqual(256)
  }
  expect(bucketByLength([9, 700], 256)).toEqual([[1], [0]])
})
