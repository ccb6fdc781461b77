import { OptionError, option } from "@nuner/core"
import { Schema } from "effect"
import type { Pool } from "./pool/Pool.ts"

export const Count = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))

export const seedField = option(Schema.Union([Schema.Finite, Schema.String]), {
  help: "of every draw, a number or any text; equal seeds give equal sets on every platform"
})
export const typesField = option(Schema.optionalKey(Schema.Array(Schema.NonEmptyString)), {
  help: "these types only, from sentences that have no other",
  absent: "all types of the dataset"
})

/** The indexes of named types, all types when none are named, in the order of the pool. @throws OptionError */
export const typeIndexes = (component: string, pool: Pool, names: ReadonlyArray<string> | undefined): Array<number> => {
  if (pool.types.length === 0) {
    const reason = pool.sentences.length === 0 ? "no sentences" : `no entity in ${pool.sentences.length} sentences`
    throw new OptionError({ component, option: "sentences", reason, remedy: "give a labelled dataset" })
  }
  if (names === undefined) return pool.types.map((_, type) => type)
  const indexes = names.map((name) => {
    const index = pool.types.indexOf(name)
    if (index >= 0) return index
    const reason = `the dataset has no type "${name}"`
    throw new OptionError({ component, option: "types", reason, remedy: `types: ${pool.types.join(", ")}` })
  })
  if (new Set(indexes).size < indexes.length || indexes.length === 0) {
    const reason = indexes.length === 0 ? "no type is named" : "a type is named twice"
    throw new OptionError({ component, option: "types", reason })
  }
  return indexes.sort((a, b) => a - b)
}
