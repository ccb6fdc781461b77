import { OptionError } from "@nuner/core"

/**
 * The chance that a variable with Student's t distribution lies further than `t` from 0: the incomplete beta function
 * I(df / (df + t^2); df / 2, 1 / 2) by its continued fraction (Lentz's method, Press et al.).
 *
 * @param df degrees of freedom, above 0; need not be whole
 * @throws OptionError for other degrees of freedom: those of a single measurement are 0
 */
export const twoSidedT = (t: number, df: number): number => {
  if (!(df > 0 && df < Number.POSITIVE_INFINITY)) {
    throw new OptionError({ component: "Student's t", option: "df", reason: `is ${df}, and must be a number above 0` })
  }
  const x = df / (df + t * t)
  return incompleteBeta(x, df / 2, 0.5)
}

/**
 * How far from 0 a variable with Student's t distribution lies with the chance `1 - confidence`: 1.96 for 0.95 and many degrees of freedom.
 *
 * @throws OptionError for a confidence that is not from 0 to below 1, and as `twoSidedT`
 */
export const quantileT = (confidence: number, df: number): number => {
  if (!(confidence >= 0 && confidence < 1)) {
    const reason = `is ${confidence}, and must be a part from 0 to below 1`
    throw new OptionError({ component: "Student's t", option: "confidence", reason })
  }
  let [low, high] = [0, 1]
  while (twoSidedT(high, df) > 1 - confidence) high *= 2
  for (let n = 0; n < 60; n++) {
    const middle = (low + high) / 2
    if (twoSidedT(middle, df) > 1 - confidence) low = middle
    else high = middle
  }
  return high
}

const incompleteBeta = (x: number, a: number, b: number): number => {
  if (x <= 0 || x >= 1) return Math.min(1, Math.max(0, x))
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b))
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b
}

const SMALL = 1e-300

const fraction = (x: number, a: number, b: number): number => {
  const away = (value: number) => (Math.abs(value) < SMALL ? SMALL : value)
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let sum = d
  for (let m = 1; m <= 1000; m++) {
    for (const term of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    ]) {
      d = 1 / away(1 + term * d)
      c = away(1 + term / c)
      sum *= d * c
    }
    if (Math.abs(d * c - 1) < 1e-14) break
  }
  return sum
}

const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b)

/** Stirling's series, of an argument that was raised above 10 by x! = x (x - 1)!. */
const logGamma = (x: number): number => {
  let [up, shift] = [x, 0]
  while (up < 10) shift += Math.log(up++)
  const r = 1 / up
  const series = r / 12 - r ** 3 / 360 + r ** 5 / 1260 - r ** 7 / 1680
  return (up - 0.5) * Math.log(up) - up + Math.log(2 * Math.PI) / 2 + series - shift
}
