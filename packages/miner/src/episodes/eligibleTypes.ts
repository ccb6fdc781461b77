import { OptionError } from "@nuner/core"
import { InfeasibleError } from "../InfeasibleError.ts"
import type { Pool } from "../pool/Pool.ts"
import { problemOf } from "../search/Problem.ts"
import { checkFeasible } from "../search/solve.ts"

/** Types that alone have enough sentences for both sides. @throws OptionError, InfeasibleError when fewer than n do */
export const eligibleTypes = (
  sampler: string,
  dataset: Pool,
  types: ReadonlyArray<number>,
  { n, k, q }: { readonly n: number; readonly k: number; readonly q: number }
): ReadonlyArray<number> => {
  if (n > types.length) {
    const reason = `${n} types an episode, the dataset has ${types.length}`
    throw new OptionError({ component: sampler, option: "n", reason, remedy: "lower n" })
  }
  const everything = dataset.types.map((_, type) => type)
  const support = problemOf(dataset, everything, { low: k, high: 2 * k }, dataset.distinct)
  const query = problemOf(dataset, everything, { low: q, high: 2 * q }, dataset.distinct)
  const enough = types.filter(
    (type) => support.usable[type]! >= k && query.usable[type]! >= q && support.available[type]! >= k + q
  )
  if (enough.length >= n) return enough
  const type = types.find((other) => !enough.includes(other))!
  if (types.length === n) {
    checkFeasible(sampler, { ...support, wanted: types })
    checkFeasible(sampler, { ...query, wanted: types })
  }
  throw new InfeasibleError({
    ...{ sampler, reason: "few", unit: "types", needed: n, limit: n },
    ...{ type: dataset.types[type]!, available: types.length, usable: enough.length }
  })
}
