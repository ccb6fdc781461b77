import { basename } from "node:path"
import { OptionError } from "@nuner/core"

/** A model under a seed, and where its results go. */
export interface PlannedRun {
  readonly model: string
  readonly seed: number
  readonly name: string
  /** JSON Lines. */
  readonly results: string
}

/** One model: a run a seed. Several: a run a model, with the seed of its place. @throws OptionError */
export const episodeRuns = (
  models: ReadonlyArray<string>,
  seeds: ReadonlyArray<number>,
  out: string
): Array<PlannedRun> => {
  const fail = (option: string, reason: string): never => {
    throw new OptionError({ component: "tadner episodes", option, reason })
  }
  if (models.length === 0) fail("model", "give at least one")
  if (models.length > 1 && seeds.length !== 1 && seeds.length !== models.length) {
    fail("seeds", `${seeds.length} for ${models.length} models; give one for all, or one each`)
  }
  const pairs =
    models.length === 1
      ? seeds.map((seed) => ({ model: models[0]!, seed }))
      : models.map((model, i) => ({ model, seed: seeds[i] ?? seeds[0]! }))
  const names = pairs.map(({ model, seed }) => `${basename(model)}-seed-${seed}`)
  if (new Set(names).size < names.length) fail("model", `two runs have one name: ${names.join(", ")}`)
  return pairs.map((pair, i) => ({ ...pair, name: names[i]!, results: `${out}/${names[i]}.jsonl` }))
}
