import { OptionError } from "@nuner/core"
import { NONE } from "../labels/classes.ts"
import type { Example } from "./examples.ts"
import type { FineTuneOptions } from "./FineTuneOptions.ts"

/**
 * The weight of each class; undefined where all are 1. B- and I- of a type share what is given for the type.
 *
 * @param types the type of each class, "" for none
 * @throws OptionError for a type that is not there
 */
export const classWeights = (
  option: FineTuneOptions["classWeights"],
  examples: ReadonlyArray<Example>,
  types: ReadonlyArray<string>
): Float32Array | undefined => {
  if (option === undefined) return undefined
  if (option === "balanced") {
    const counts = new Float64Array(types.length)
    for (const { labels } of examples) for (const label of labels) counts[label]!++
    const words = counts.reduce((sum, count) => sum + count, 0)
    const met = counts.filter((count) => count > 0).length
    return Float32Array.from(counts, (count) => (count === 0 ? 1 : words / (met * count)))
  }
  const stray = Object.keys(option).find((type) => type !== NONE && !types.includes(type))
  if (stray !== undefined) {
    const known = [NONE, ...new Set(types.filter((type) => type !== ""))].join(", ")
    const reason = `there is no type "${stray}" (${known})`
    throw new OptionError({ component: "fineTune", option: "classWeights", reason })
  }
  return Float32Array.from(types, (type) => option[type === "" ? NONE : type] ?? 1)
}
