import { expect, test } from "bun:test"
import { rng } from "@nuner/core"
import { maskTokens } from "../src/language/maskTokens.ts"

const options = { rate: 0.15, maskId: 4, vocabSize: 1000, specialIds: new Set([0, 1, 2, 3, 4]) }
const ids = Int32Array.from({ length: 4000 }, (_, i) => 5 + (i % 900))
const single = Array.from(ids, (_, i) => ({ start: i, end: i + 1 }))

test("15 % are predicted: 80 % masked, 10 % random, 10 % as they were", () => {
  const masked = maskTokens(ids, single, options, rng(1))
  expect(masked.positions.length).toBe(600)
  const kinds = { mask: 0, same: 0, random: 0 }
  masked.positions.forEach((at, i) => {
    expect(masked.targets[i]).toBe(ids[at]!)
    if (masked.ids[at] === options.maskId) kinds.mask++
    else if (masked.ids[at] === ids[at]) kinds.same++
    else kinds.random++
  })
  expect(kinds.mask / 600).toBeCloseTo(0.8, 1)
  expect(kinds.random / 600).toBeCloseTo(0.1, 1)
  expect(kinds.same / 600).toBeCloseTo(0.1, 1)
})

test("what is not predicted stays, and special ids are never drawn", () => {
  const masked = maskTokens(ids, single, options, rng(2))
  const chosen = new Set(masked.positions)
  ids.forEach((id, at) => {
    if (!chosen.has(at)) expect(masked.ids[at]).toBe(id)
    else if (masked.ids[at] !== options.maskId) expect(options.specialIds.has(masked.ids[at]!)).toBe(false)
  })
})

test("whole words are masked together", () => {
  const words = Array.from({ length: 500 }, (_, i) => ({ start: i * 3, end: i * 3 + 3 }))
  const { positions } = maskTokens(ids.subarray(0, 1500), words, options, rng(3))
  const chosen = new Set(positions)
  for (const at of chosen) for (const mate of [0, 1, 2]) expect(chosen.has(at - (at % 3) + mate)).toBe(true)
})

test("the same generator state masks the same, another one otherwise", () => {
  const once = maskTokens(ids, single, options, rng("a"))
  expect(maskTokens(ids, single, options, rng("a"))).toEqual(once)
  expect(maskTokens(ids, single, options, rng("b"))).not.toEqual(once)
})
