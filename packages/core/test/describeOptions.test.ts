import { describe, expect, test } from "bun:test"
import { decodeOptions, describeOptions, formatValue, kindOf, option } from "@nuner/core"
import { Schema } from "effect"

const Options = Schema.Struct({
  seconds: option(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 })), {
    default: 5,
    help: "how long to wait",
    unit: "seconds"
  }),
  rate: option(Schema.Finite.check(Schema.isGreaterThan(0)), { help: "of learning" }),
  layers: option(Schema.Array(Schema.Int), { default: [-1], help: "what to read" }),
  mode: option(Schema.optionalKey(Schema.Literals(["fast", "slow"])), { help: "how", absent: "chosen" }),
  frozen: option(Schema.Union([Schema.Natural, Schema.Literal("half")]), { default: 0, help: "what stays" }),
  weights: option(Schema.optionalKey(Schema.Record(Schema.String, Schema.Finite)), { help: "by type" }),
  quiet: option(Schema.Boolean, { default: false, help: "says nothing" })
}).annotate({ presets: { small: { rate: 1e-3, seconds: 1 }, large: { rate: 3e-5 } } })

const about = Object.fromEntries(describeOptions(Options).map((info) => [info.name, info]))

describe("an option says once what it is", () => {
  test("type, range and unit", () => {
    expect(Object.values(about).map((info) => `${info.name}: ${kindOf(info)}`)).toEqual([
      "seconds: integer, 1 to 60, seconds",
      "rate: number, above 0",
      "layers: list of integers",
      "mode: fast, slow",
      'frozen: integer or "half", from 0 on',
      "weights: record",
      "quiet: true or false"
    ])
  })

  test("what holds where it is not given: what decoding fills in, a preset's, a word, or nothing", () => {
    const { layers, mode, rate, seconds, weights } = about
    expect(seconds).toMatchObject({ default: 5, presets: { small: 1 }, required: false, help: "how long to wait" })
    expect(rate).toMatchObject({ presets: { small: 1e-3, large: 3e-5 }, required: false })
    expect(mode).toMatchObject({ absent: "chosen", required: false })
    expect(weights).toMatchObject({ required: false })
    const decoded = decodeOptions("test", Options, { rate: 1, seconds: undefined })
    expect(decoded).toEqual({ seconds: 5, rate: 1, layers: layers!.default as Array<number>, frozen: 0, quiet: false })
    const bare = describeOptions(Schema.Struct({ rate: Options.fields.rate }))
    expect(bare[0]!.required).toBe(true)
  })

  test("JSON Schema: draft 2020-12, without what every number of JavaScript has", () => {
    expect(about.layers!.jsonSchema).toEqual({ type: "array", items: { type: "integer" } })
    expect(about.frozen!.jsonSchema).toEqual({
      anyOf: [
        { type: "integer", minimum: 0 },
        { type: "string", enum: ["half"] }
      ]
    })
  })

  test("values as people write them", () => {
    const values = [[-1, -7], [], { person: 2, O: 0.5 }, 3e-5, 1e-3, 0.01, 4096, true]
    expect(values.map(formatValue)).toEqual(["-1,-7", "none", "person=2,O=0.5", "3e-5", "1e-3", "0.01", "4096", "true"])
  })
})
