import type { Counts } from "../counts/Counts.ts"

/** What is resampled: a number of all units together. */
export type Metric = "microF1" | "microPrecision" | "microRecall" | "macroF1"

/** The metric of a selection of units, a unit as often as it is named. */
export type Resampled = (units: Int32Array) => number

/** Prepared so that a resample costs a few additions a unit. */
export const resampled = (counts: Counts, metric: Metric): Resampled =>
  metric === "macroF1" ? macro(counts) : micro(counts, metric)

const micro = ({ units, starts, correct, predicted, gold }: Counts, metric: Exclude<Metric, "macroF1">): Resampled => {
  const sums = new Int32Array(3 * units)
  for (let unit = 0; unit < units; unit++) {
    for (let i = starts[unit]!; i < starts[unit + 1]!; i++) {
      sums[3 * unit]! += correct[i]!
      sums[3 * unit + 1]! += predicted[i]!
      sums[3 * unit + 2]! += gold[i]!
    }
  }
  return (chosen) => {
    let right = 0
    let guessed = 0
    let all = 0
    for (let n = 0; n < chosen.length; n++) {
      const at = 3 * chosen[n]!
      right += sums[at]!
      guessed += sums[at + 1]!
      all += sums[at + 2]!
    }
    if (right === 0) return 0
    if (metric === "microF1") return (2 * right) / (guessed + all)
    return metric === "microPrecision" ? right / guessed : right / all
  }
}

const macro = ({ types, allTypes, starts, typeOf, correct, predicted, gold }: Counts): Resampled => {
  const right = new Int32Array(types.length)
  const total = new Int32Array(types.length) // predicted + gold
  return (chosen) => {
    right.fill(0)
    total.fill(0)
    for (let n = 0; n < chosen.length; n++) {
      const unit = chosen[n]!
      for (let i = starts[unit]!; i < starts[unit + 1]!; i++) {
        right[typeOf[i]!]! += correct[i]!
        total[typeOf[i]!]! += predicted[i]! + gold[i]!
      }
    }
    let sum = 0
    let seen = 0
    for (let type = 0; type < types.length; type++) {
      if (total[type] === 0) {
        if (allTypes) seen++
        continue
      }
      seen++
      sum += (2 * right[type]!) / total[type]!
    }
    return seen === 0 ? 0 : sum / seen
  }
}
