import type { Rng } from "@nuner/core"
import { InfeasibleError } from "../InfeasibleError.ts"
import type { Pool } from "../pool/Pool.ts"
import { localSearch } from "../search/localSearch.ts"
import { type Problem, problemOf } from "../search/Problem.ts"
import { randomPass } from "../search/randomPass.ts"
import { checkFeasible } from "../search/solve.ts"
import { candidatesFor, type Group } from "./groups.ts"

/** Passes over the candidates, then starts of the local search, for one draw of types. */
const attempts = 5

/**
 * Support and query for given types: by random passes, and where those fail by local search.
 *
 * @throws InfeasibleError
 */
export const drawEpisode = (
  sampler: string,
  dataset: Pool,
  groups: ReadonlyArray<Group>,
  types: ReadonlyArray<number>,
  { k, q }: { readonly k: number; readonly q: number },
  random: Rng
): { readonly support: ReadonlyArray<number>; readonly query: ReadonlyArray<number> } => {
  const candidates = candidatesFor(groups, types, dataset.types.length)
  for (let attempt = 0; attempt < attempts; attempt++) {
    const side = (low: number) => ({ pool: dataset, wanted: types, candidates, low, high: 2 * low })
    const support = randomPass(side(k), random)
    const query = support && randomPass(side(q), random, support)
    if (support && query) return { support, query }
    if (attempt === 0) {
      for (const low of new Set([k, q])) {
        checkFeasible(sampler, problemOf(dataset, types, { low, high: 2 * low }, candidates))
      }
    }
  }
  const forSupport = problemOf(dataset, types, { low: k, high: 2 * k }, candidates)
  const rest = (support: ReadonlyArray<number>): Problem => {
    const taken = new Set(support)
    const others = candidates.filter((sentence) => !taken.has(sentence))
    return problemOf(dataset, types, { low: q, high: 2 * q }, others)
  }
  const searchSupport = localSearch(forSupport)
  let failed: { problem: Problem; type: number; reached: number } | undefined
  for (let attempt = 0; attempt < attempts; attempt++) {
    const support = searchSupport(random, attempts)
    if (!("sentences" in support)) {
      failed = { problem: forSupport, ...support }
      break
    }
    const problem = rest(support.sentences)
    const query = localSearch(problem)(random, attempts)
    if ("sentences" in query) return { support: support.sentences, query: query.sentences }
    failed = { problem, ...query }
  }
  const { problem, type, reached } = failed!
  throw new InfeasibleError({
    ...{ sampler, reason: "search", unit: "entities", needed: problem.low, limit: problem.high, usable: reached },
    ...{ type: dataset.types[type]!, available: problem.available[type]! }
  })
}
