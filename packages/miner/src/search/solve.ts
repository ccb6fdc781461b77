import type { Rng } from "@nuner/core"
import { InfeasibleError } from "../InfeasibleError.ts"
import { exactSearch } from "./exactSearch.ts"
import { type Found, localSearch, type Stuck } from "./localSearch.ts"
import type { Problem } from "./Problem.ts"
import { randomPass } from "./randomPass.ts"

/**
 * How sentences are drawn. `random-order`: passes in random order, which give the distribution of the sampler of Ding et al. (2021).
 * `rarest-first`: types are filled from the rarest on, which gives smaller sets.
 */
export const samplers = ["random-order", "rarest-first"] as const
export type Sampler = (typeof samplers)[number]

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
 * Sentences that fill every wanted type: by passes in random order unless the sampler is another, where those fail by local search with
 * restarts, and where that fails by exhaustive search, all bounded.
 *
 * @param attempts passes, and starts of the local search, at the most
 * @throws InfeasibleError with the type and its numbers
 */
export const solver = (
  component: string,
  problem: Problem,
  sampler: Sampler,
  attempts: number
): ((rng: Rng) => Found) => {
  checkFeasible(component, problem)
  const search = localSearch(problem)
  return (rng) => {
    const passes = sampler === "random-order" ? attempts : 0
    for (let pass = 1; pass <= passes; pass++) {
      const sentences = randomPass(problem, rng)
      if (sentences !== undefined) return { sentences, attempts: pass }
    }
    const found = solve(component, problem, search(rng, attempts), rng, attempts)
    return { ...found, attempts: passes + found.attempts }
  }
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
