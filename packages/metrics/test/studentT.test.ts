import { expect, test } from "bun:test"
import { quantileT, twoSidedT } from "@nuner/metrics"

/** `2 * t.sf(x, df)` and `t.ppf(0.975, df)` of scipy 1.17.1: df, x = 0.3, 1, 2.5, 8, quantile. */
const scipy = [
  [1, 0.8144528418445154, 0.5, 0.24223788318168682, 0.07916684832113109, 12.706204736174694],
  [2, 0.7924856608401776, 0.4226497308103742, 0.12961172022151082, 0.01526807216533814, 4.302652729749462],
  [2.5, 0.7873423714951973, 0.40406102727827364, 0.1045699630781554, 0.007656644131043447, 3.5746548420036817],
  [4, 0.7791214282774598, 0.37390096630005887, 0.06676654481198814, 0.0013238969092171672, 2.7764451051977934],
  [9.3, 0.7707748390263142, 0.342617692771076, 0.03307781031506808, 1.8229572136987494e-5, 2.25108222468444],
  [30, 0.7662461052843528, 0.3253086154260302, 0.01811564906806669, 6.265822475700759e-9, 2.0422724563012378],
  [999, 0.7642395665698116, 0.31755266017641226, 0.012578727584509217, 3.4299982577635995e-15, 1.9623414611334493]
] as const

test("Student's t as scipy has it, far tails and broken degrees of freedom too", () => {
  for (const [df, ...values] of scipy) {
    for (const [i, t] of [0.3, 1, 2.5, 8].entries()) {
      expect(twoSidedT(t, df) / values[i]!).toBeCloseTo(1, 9)
      expect(twoSidedT(-t, df)).toBe(twoSidedT(t, df))
    }
    expect(quantileT(0.95, df)).toBeCloseTo(values[4]!, 9)
  }
  expect(twoSidedT(0, 3)).toBe(1)
})

test("no interval is of width 0 for want of freedom, and a confidence in per cent is refused", () => {
  for (const df of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => twoSidedT(2, df)).toThrow(`"df": is ${df}`)
    expect(() => quantileT(0.95, df)).toThrow(`"df": is ${df}`)
  }
  for (const confidence of [95, 1, -0.1, Number.NaN]) {
    expect(() => quantileT(confidence, 4)).toThrow(`"confidence": is ${confidence}`)
  }
})
