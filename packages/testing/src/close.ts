import { expect } from "bun:test"

/** Expects two lists of numbers to be equal within `tolerance`, absolutely; says where the worst pair stands. NaN is never close. */
export const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void => {
  expect(actual.length, "length").toBe(expected.length)
  let worst = -1
  let distance = -1
  for (let i = 0; i < expected.length; i++) {
    const d = Math.abs(actual[i]! - expected[i]!)
    // Equal infinities have a NaN difference.
    const gap = Object.is(actual[i], expected[i]) ? 0 : Number.isNaN(d) ? Number.POSITIVE_INFINITY : d
    if (gap > distance) {
      distance = gap
      worst = i
    }
  }
  if (distance > tolerance) {
    throw new Error(`not close: [${worst}] ${actual[worst]} against ${expected[worst]}, ${distance} > ${tolerance}`)
  }
}
