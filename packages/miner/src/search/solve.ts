import type { Rng } from "@nuner/core"
import { InfeasibleError } from "../InfeasibleError.ts"
import { exactSearch } from "./exactSearch.ts"
import { type Found, localSearch } from "./localSearch.ts"
import { type Problem, unfillable } from "./Problem.ts"

/** Profiles that an exhaustive search may look at: about a second. */
const exactBudget = 5_000_000

/** A type that candidates cannot fill, however they are chosen, as an error. */
export const checkFeasible = (sampler: string, problem: Problem): void => {
  const type = unfillable(problem)
  if (type === undefined) return
  const { pool, low, high, available, usable } = problem
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
export const solve = (sampler: string, problem: Problem, rng: Rng, attempts: number): Found => {
  checkFeasible(sampler, problem)
  const found = localSearch(problem, rng, attempts)
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
