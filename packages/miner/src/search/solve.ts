import type { Rng } from "@nuner/core"
import { InfeasibleError } from "../InfeasibleError.ts"
import { exactSearch } from "./exactSearch.ts"
import { type Found, localSearch, type Stuck } from "./localSearch.ts"
import type { Problem } from "./Problem.ts"

/** Profiles that an exhaustive search may look at: about a second. */
const exactBudget = 5_000_000

/** @throws InfeasibleError for the first type that the candidates cannot fill, however they are chosen */
export const checkFeasible = (sampler: string, problem: Problem): void => {
  const { pool, wanted, low, high, available, usable } = problem
  const type = wanted.find((type) => usable[type]! < low)
  if (type === undefined) return
  throw new InfeasibleError({
    sampler,
    type: pool.types[type]!,
    reason: available[type]! < low ? "few" : "dense",
    unit: "entities",
    needed: low,
    limit: high,
    available: available[type]!,
    usable: usable[type]!
  })
}

/**
 * Sentences that fill every wanted type: by local search with restarts, and where that fails by exhaustive search, both bounded.
 *
 * @throws InfeasibleError with the type and its numbers
 */
export const solver = (sampler: string, problem: Problem, attempts: number): ((rng: Rng) => Found) => {
  checkFeasible(sampler, problem)
  const search = localSearch(problem)
  return (rng) => solve(sampler, problem, search(rng, attempts), rng, attempts)
}

const solve = (sampler: string, problem: Problem, found: Found | Stuck, rng: Rng, attempts: number): Found => {
  if ("sentences" in found) return found
  const exact = exactSearch(problem, rng, exactBudget)
  if (typeof exact !== "string") return { sentences: exact, attempts: attempts + 1 }
  const { pool, low, high, available } = problem
  throw new InfeasibleError({
    sampler,
    type: pool.types[found.type]!,
    reason: exact === "none" ? "proved" : "search",
    unit: "entities",
    needed: low,
    limit: high,
    available: available[found.type]!,
    usable: found.reached
  })
}
