import { expect, test } from "bun:test"
import { Effect, Schema } from "effect"
import { decodeOptions, OptionError } from "../src/index.ts"

const Options = Schema.Struct({
  k: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 64 })).pipe(
    Schema.withDecodingDefault(Effect.succeed(5))
  ),
  policy: Schema.Literals(["all", "first"]).pipe(Schema.withDecodingDefault(Effect.succeed("all"))),
  apiKey: Schema.optionalKey(Schema.String)
})
const message = (options: unknown) => {
  try {
    decodeOptions("miner", Options, options)
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError)
    return (error as OptionError).message
  }
  return "did not fail"
}

test("defaults are filled in, also when no options are given", () => {
  expect(decodeOptions("miner", Options, { policy: "first" })).toEqual({ k: 5, policy: "first" })
  expect(decodeOptions("miner", Options, undefined)).toEqual({ k: 5, policy: "all" })
})

test("a bad option is refused in one line that names it, what it may be, and what it was", () => {
  expect(message({ k: 100 })).toBe('miner: option "k": expected a value between 1 and 64, got 100')
  expect(message({ policy: "last" })).toBe('miner: option "policy": expected "all" | "first", got "last"')
  expect(message({ polcy: "all" })).toBe(
    'miner: option "polcy": unknown option; did you mean "policy"? (options: k, policy, apiKey)'
  )
  expect(message({ apikey: "x" })).toContain('did you mean "apiKey"?')
  expect(message({ colour: 1 })).toBe('miner: option "colour": unknown option (options: k, policy, apiKey)')
  expect(message(3)).toBe('miner: option "options": expected object, got 3')
  expect(message({ apiKey: 1234 })).toBe('miner: option "apiKey": expected string')
})
