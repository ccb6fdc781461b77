import { describe, expect, test } from "bun:test"
import { testEngine } from "@nuner/testing"
import { readAhead } from "../../src/data/batches.ts"
import { fingerprint, packByLength, planEpochs, planWindows, stretches, tf, type Window } from "../../src/index.ts"
import { randomKey, randomUniform } from "../../src/nn/random.ts"

await testEngine()

/** Whole numbers below a bound, by a seed. */
const rng = (seed: number) => {
  let count = 0
  return { int: (bound: number) => Math.floor(randomUniform(randomKey(seed), count++) * bound) }
}
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)
const ascending = (values: Iterable<number>) => [...values].sort((a, b) => a - b)

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

test("packed batches hold every item once, within the budget, in order of length", () => {
  const random = rng(2)
  const lengths = Array.from({ length: 500 }, () => 1 + random.int(120))
  const batches = packByLength(lengths, 256)
  expect(batches.flat().sort((a, b) => a - b)).toEqual([...lengths.keys()])
  for (const batch of batches) {
    expect(batch.length * Math.max(...batch.map((i) => lengths[i]!))).toBeLessThanOrEqual(256)
  }
  expect(packByLength([9, 700], 256)).toEqual([[1], [0]])
})

test("a stream comes in stretches: so many items, fewer where they are large, none empty", async () => {
  const of = (sizes: ReadonlyArray<number>, count: number, size = 2 ** 18) =>
    Array.fromAsync(stretches(sizes, (item) => item, { count, size }))
  expect(await of([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]])
  expect(await of([1, 9, 3, 1, 1, 1, 1], 4, 5)).toEqual([
    [1, 9],
    [3, 1, 1],
    [1, 1]
  ])
  expect(await of([2 ** 18, 1, 2], 9)).toEqual([[2 ** 18], [1, 2]])
  expect(await of([], 3)).toEqual([])
})

describe("epochs", () => {
  const lengths = numbers(103).map((i) => 1 + ((i * 37) % 64))
  const options = { count: 103, batchSize: 10, seed: 7, lengths }
  const epoch = (number: number, more: object = {}) => {
    const { batch, perEpoch } = planEpochs({ ...options, ...more })
    return numbers(perEpoch).map((i) => [...batch(number * perEpoch + i)])
  }

  for (const bucketWindow of [1, 4]) {
    test(`every example once an epoch, the last batch smaller, windows of ${bucketWindow}`, () => {
      for (const number of [0, 1, 5]) {
        const batches = epoch(number, { bucketWindow })
        expect(batches.map(({ length }) => length)).toEqual([...Array<number>(10).fill(10), 3])
        expect(ascending(batches.flat())).toEqual(numbers(103))
      }
    })

    test(`seed and epoch decide the order, and nothing else does, windows of ${bucketWindow}`, () => {
      const orders = [epoch(0), epoch(1), epoch(0, { seed: 8 }), epoch(0, { seed: "7/x" })]
      expect(new Set(orders.map((batches) => batches.flat().join())).size).toBe(4)
      const { batch, perEpoch } = planEpochs({ ...options, bucketWindow })
      const inOrder = numbers(3 * perEpoch).map((i) => [...batch(i)])
      const backwards = numbers(3 * perEpoch)
        .toReversed()
        .map((i) => [...batch(i)])
      expect(backwards.toReversed()).toEqual(inOrder)
      expect([...planEpochs({ ...options, bucketWindow }).batch(17)]).toEqual(inOrder[17]!)
    })
  }

  test("buckets: like lengths in a batch, from no further than the window, lengths mixed over time", () => {
    const padded = (batches: Array<Array<number>>) =>
      batches.reduce((sum, rows) => sum + rows.length * Math.max(...rows.map((row) => lengths[row]!)), 0)
    const [plain, bucketed] = [epoch(0), epoch(0, { bucketWindow: 4 })]
    const tokens = lengths.reduce((sum, length) => sum + length, 0)
    expect(padded(bucketed) - tokens).toBeLessThan(0.5 * (padded(plain) - tokens))
    for (const from of [0, 4, 8]) {
      expect(ascending(bucketed.slice(from, from + 4).flat())).toEqual(ascending(plain.slice(from, from + 4).flat()))
    }
    const orders = numbers(8).map((number) => {
      const batches = epoch(number, { bucketWindow: 4 }).slice(0, 4)
      return batches.map((rows) => Math.max(...rows.map((row) => lengths[row]!)))
    })
    expect(orders.some((order) => order.join() !== ascending(order).toReversed().join())).toBe(true)
    expect(epoch(0, { bucketWindow: 4, lengths: undefined })).toEqual(plain)
  })

  test("the shuffle is uniform: each example stands first about equally often", () => {
    const { batch } = planEpochs({ count: 5, batchSize: 5, seed: 0 })
    const counts = numbers(5).map(() => 0)
    for (let i = 0; i < 5000; i++) counts[batch(i)[0]!]!++
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(800)) // 5 standard deviations
  })

  test("impossible plans are refused by name", () => {
    expect(() => planEpochs({ ...options, count: 0 })).toThrow('"count" must be a whole number >= 1, it is 0')
    expect(() => planEpochs({ ...options, batchSize: 1.5 })).toThrow('"batchSize"')
    expect(() => planEpochs({ ...options, bucketWindow: 0 })).toThrow('"bucketWindow"')
    expect(() => planEpochs({ ...options, count: 99 })).toThrow("103 lengths for 99 examples")
  })
})

describe("read-ahead", () => {
  test("so many batches wait, each is made once and none beyond the end", async () => {
    const made: Array<number> = []
    const batches = readAhead((index) => made.push(index) && index * 10, { ahead: 2, end: 5 })
    expect(await batches(0)).toBe(0)
    expect(made).toEqual([0, 1, 2])
    for (const index of [1, 2, 3, 4]) expect(await batches(index)).toBe(index * 10)
    expect(made).toEqual([0, 1, 2, 3, 4])
    expect(await batches(2)).toBe(20)
    const none: Array<number> = []
    await readAhead((index) => none.push(index), { ahead: 0, end: 5 })(3)
    expect(none).toEqual([3])
  })

  test("what fails ahead is thrown where it is asked for", async () => {
    const make = (index: number) => {
      if (index === 1) throw new Error("batch 1 is bad")
      return index
    }
    const batches = readAhead(make, { ahead: 3, end: 9 })
    expect(await batches(0)).toBe(0)
    await new Promise((resolve) => setTimeout(resolve, 5))
    await expect(batches(1)).rejects.toThrow("batch 1 is bad")
    expect(await batches(2)).toBe(2)
  })
})

test("a fingerprint depends on settings, order of the data, bytes, and names, shapes and values of weights", async () => {
  const weights = (values: Array<number>, shape: [number, number] = [1, 2]) =>
    tf.tidy(() => tf.variable(tf.tensor2d(values, shape)))
  const [w, other, tall] = [weights([1, 2]), weights([1, 3]), weights([1, 2], [2, 1])]
  const prints = await Promise.all([
    fingerprint([{ lr: 1 }, "a", "b"], { w }),
    fingerprint([{ lr: 2 }, "a", "b"], { w }),
    fingerprint([{ lr: 1 }, "b", "a"], { w }),
    fingerprint([{ lr: 1 }, "a", "b"], { v: w }),
    fingerprint([{ lr: 1 }, "a", "b"], { w: other }),
    fingerprint([{ lr: 1 }, "a", "b"], { w: tall }),
    fingerprint([{ lr: 1 }, "a", "b"]),
    fingerprint([Int32Array.of(1, 2)]),
    fingerprint([Int32Array.of(1, 2, 3).subarray(1)])
  ])
  expect(new Set(prints).size).toBe(prints.length)
  expect(prints[0]).toMatch(/^[0-9a-f]{16}$/)
  async function* stream() {
    yield* [{ lr: 1 }, "a", "b"]
  }
  expect(await fingerprint(stream(), { w })).toBe(prints[0]!)
  expect(await fingerprint([], { a: w, b: tall })).toBe(await fingerprint([], { b: tall, a: w }))
  tf.dispose([w, other, tall])
})
