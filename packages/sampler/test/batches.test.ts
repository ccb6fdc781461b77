import { describe, expect, test } from "bun:test"
import { batchPlan, epochBatches, splitSentences } from "@nuner/sampler"

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i)

describe("batches of an epoch", () => {
  test("every example once, the last batch smaller", () => {
    const plan = batchPlan({ count: 101, batchSize: 10, seed: 7 })
    expect(plan.batches).toBe(11)
    const batches = numbers(11).map((i) => [...plan.batch(i)])
    expect(batches.map(({ length }) => length)).toEqual([...Array<number>(10).fill(10), 1])
    expect(batches.flat().toSorted((a, b) => a - b)).toEqual(numbers(101))
    expect(batches.flat()).toEqual([...plan.order])
    expect(batches.flat()).not.toEqual(numbers(101))
  })

  test("the same seed and epoch give the same order; another seed or epoch another", () => {
    const order = (seed: number, epoch: number) => [...batchPlan({ count: 50, seed, epoch }).order].join()
    expect(order(1, 3)).toBe(order(1, 3))
    expect(new Set([order(1, 3), order(1, 4), order(2, 3), order(3, 1)]).size).toBe(4)
  })

  test("the shuffle is uniform: each example stands first about equally often", () => {
    const counts = numbers(5).map(() => 0)
    for (let epoch = 0; epoch < 5000; epoch++) counts[batchPlan({ count: 5, seed: 0, epoch }).order[0]!]!++
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(800)) // 5 standard deviations.
  })

  test("impossible plans are refused by name", () => {
    expect(() => batchPlan({ count: 0 })).toThrow('batchPlan: option "count"')
    expect(() => batchPlan({ count: 3, batchSize: 0 })).toThrow('batchPlan: option "batchSize"')
    expect(() => batchPlan({ count: 3 }).batch(1)).toThrow("batch 1 of 1")
    expect(() => [...epochBatches({ count: 3, epoch: 1 } as never)]).toThrow('unknown option; did you mean "epochs"?')
  })
})

describe("batches of several epochs", () => {
  const options = { count: 23, batchSize: 5, seed: 11, epochs: 3 }

  test("stopped anywhere and started from its cursor, the sequence goes on exactly", () => {
    const whole = [...epochBatches(options)]
    expect(whole).toHaveLength(15)
    expect(whole.map(({ epoch, batch }) => `${epoch}.${batch}`)[5]).toBe("1.0")
    whole.forEach(({ next }, i) => {
      const from = JSON.parse(JSON.stringify(next))
      expect([...epochBatches({ ...options, from })]).toEqual(whole.slice(i + 1))
    })
  })

  test("epochs differ", () => {
    const [first, second] = [0, 5].map((i) => [...[...epochBatches(options)][i]!.indices])
    expect(first).not.toEqual(second)
  })
})

describe("split", () => {
  test("nine tenths and one tenth, in the order of the input, nothing lost or doubled", () => {
    const { train, validation } = splitSentences(numbers(1000), { seed: 3 })
    expect([train.length, validation.length]).toEqual([900, 100])
    expect([...train, ...validation].toSorted((a, b) => a - b)).toEqual(numbers(1000))
    expect(train).toEqual(train.toSorted((a, b) => a - b))
    expect(splitSentences(numbers(1000), { seed: 3 }).validation).toEqual(validation)
    expect(splitSentences(numbers(1000), { seed: 4 }).validation).not.toEqual(validation)
  })

  test("small sets keep one of each; 0 and 1 mean what they say", () => {
    const sizes = (n: number, validation: number) => {
      const split = splitSentences(numbers(n), { validation })
      return [split.train.length, split.validation.length]
    }
    expect(sizes(2, 0.1)).toEqual([1, 1])
    expect(sizes(3, 0.99)).toEqual([1, 2])
    expect(sizes(1, 0.1)).toEqual([1, 0])
    expect(sizes(10, 0)).toEqual([10, 0])
    expect(sizes(10, 1)).toEqual([0, 10])
    expect(sizes(0, 0.5)).toEqual([0, 0])
    expect(() => splitSentences([], { validation: 2 })).toThrow('splitSentences: option "validation"')
  })
})
