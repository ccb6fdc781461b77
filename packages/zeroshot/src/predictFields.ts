import { Fraction, option, PositiveInt } from "@nuner/core"
import * as Schema from "effect/Schema"

/** What every zero-shot model is asked with: see `ZeroShotOptions`. The default of `threshold` is each model's own. */
export const predictFields = {
  threshold: Fraction,
  thresholds: option(Schema.Record(Schema.String, Fraction), { default: {}, help: "the same for single types" }),
  multiLabel: option(Schema.Boolean, { default: false, help: "the same words may be entities of several types" }),
  batchTokens: option(PositiveInt, {
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
