import { option } from "@nuner/core"
import * as Schema from "effect/Schema"

export const probability = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))

/** What every zero-shot model is asked with: see `ZeroShotOptions`. The default of `threshold` is each model's own. */
export const predictFields = {
  threshold: probability,
  thresholds: option(Schema.Record(Schema.String, probability), { default: {}, help: "the same for single types" }),
  multiLabel: option(Schema.Boolean, { default: false, help: "the same words may be entities of several types" }),
  batchTokens: option(Schema.Int.check(Schema.isGreaterThan(0)), {
    default: 2048,
    help: "the most tokens of a batch, padding included"
  })
}

/** Options that were given: one that is undefined is as good as absent. */
export const givenOptions = (options: object): object =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))

/** The least probability of an entity of each type: its own, or that of all. A type may be called as what every object has: `constructor`. */
export const leastOf = (
  names: ReadonlyArray<string>,
  own: Readonly<Record<string, number>>,
  threshold: number
): Array<number> => names.map((name) => (Object.hasOwn(own, name) ? own[name]! : threshold))
