import * as Schema from "effect/Schema"

/** A whole number above 0: of things that are counted. */
export const PositiveInt = Schema.Int.check(Schema.isGreaterThan(0))

/** A number above 0. */
export const Positive = Schema.Finite.check(Schema.isGreaterThan(0))

/** 0, or a number above it. */
export const NonNegative = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

/** A part of a whole, 0 to 1. */
export const Fraction = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))

/** A part of a whole that is not all of it: 0 to 1, 1 excluded. */
export const Rate = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0), Schema.isLessThan(1))
