import { describe, expect, test } from "bun:test"
import { splitSentences } from "@nuner/sampler"

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i)

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
