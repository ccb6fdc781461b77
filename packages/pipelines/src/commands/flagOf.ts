import { formatValue, issueOf, type JsonSchema } from "@nuner/core"
import { Effect, Option, Result, Schema } from "effect"
import { CliError, Flag } from "effect/cli"
import type { CommandOption } from "./command.ts"

/**
 * The flag of an option: its type, range and help are those of the schema; absent, it decides nothing.
 *
 * @param all of the command, so that the help names other options as flags
 */
export const flagOf = (option: CommandOption, all: ReadonlyArray<CommandOption>): Flag.Flag<Option.Option<unknown>> => {
  const { alias, flag: name, repeated } = option
  const flag = bare(option).pipe(Flag.withDescription(helpOf(option, all)))
  const named = alias === undefined ? flag : flag.pipe(Flag.withAlias(alias))
  return repeated
    ? named.pipe(
        Flag.atLeast(0),
        Flag.map((values) => (values.length === 0 ? Option.none() : Option.some(values)))
      )
    : named.pipe(
        Flag.mapEffect((value) => checked(name, option.schema, value)),
        Flag.optional
      )
}

/** The flag by its type: what has no flag of its own is read from a text. */
const bare = ({ flag: name, jsonSchema, repeated, values }: CommandOption): Flag.Flag<unknown> => {
  if (values !== undefined) return Flag.Literals(name, values)
  if (jsonSchema.type === "boolean") return Flag.Boolean(name)
  if (jsonSchema.type === "integer") return Flag.Int(name)
  if (jsonSchema.type === "number") return Flag.Finite(name)
  if (jsonSchema.type === "string" || repeated) return Flag.String(name)
  return Flag.String(name).pipe(
    Flag.withMetavar(jsonSchema.type === "array" ? "a,b,..." : "value"),
    Flag.map((text) => fromText(text, jsonSchema))
  )
}

/** Refuses what is out of the schema's range, with its words. */
const checked = (name: string, schema: Schema.Top, value: unknown): Effect.Effect<unknown, CliError.CliError> => {
  const decoded = Schema.decodeUnknownResult(Schema.toType(schema) as Schema.Codec<unknown>)(value)
  if (Result.isSuccess(decoded)) return Effect.succeed(decoded.success)
  const expected = issueOf(decoded.failure, value).reason
  return Effect.fail(new CliError.InvalidValue({ option: name, value: formatValue(value), expected, kind: "flag" }))
}

/** `-1,-7`, `a,b`, `2`, `half`, `person=2,O=0.5` as the schema has them; what fits none of its types stays text, for the check to refuse. */
const fromText = (text: string, schema: JsonSchema): unknown => {
  const { additionalProperties, anyOf, items, type } = schema
  if (Array.isArray(anyOf)) {
    const readings = anyOf.map((one) => fromText(text, one))
    return readings.find((value) => typeof value !== "string") ?? text
  }
  if (type === "array") {
    const values = list(text).map((item) => fromText(item, items as JsonSchema))
    return values.every((value) => typeof value === "number") ? [...new Set(values)] : values
  }
  if (type === "object" && text.includes("=")) {
    return Object.fromEntries(
      list(text).map((pair) => {
        const at = pair.lastIndexOf("=")
        return [pair.slice(0, at), fromText(pair.slice(at + 1), additionalProperties as JsonSchema)]
      })
    )
  }
  return (type === "integer" || type === "number") && text.trim() !== "" && Number.isFinite(Number(text))
    ? Number(text)
    : text
}

const list = (text: string): Array<string> =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")

/** Help, range and default in one line; the type and the names of values are printed by the library. */
export const helpOf = (option: CommandOption, all: ReadonlyArray<CommandOption>): string => {
  const { help, jsonSchema, range, type, unit } = option
  const plain = typeof jsonSchema.type === "string" && jsonSchema.type !== "array"
  const said = [help, ...(plain ? [] : [type]), range, unit, ...defaultOf(option)].filter((part) => part !== undefined)
  return said.join("; ").replace(/`(\w+)`/g, (text, field: string) => {
    const named = all.filter((one) => one.field === field)
    const other = named.find(({ component }) => component === option.component) ?? named[0]
    return other === undefined ? text : `--${other.flag}`
  })
}

const defaultOf = ({ absent, default: value, flag, presets, repeated, required }: CommandOption): Array<string> => {
  if (repeated)
    return [`may be given several times${Array.isArray(value) && value.length > 0 ? `; default ${value}` : ""}`]
  if (presets !== undefined) {
    const each = Object.entries(presets).map(([preset, own]) => `${preset} ${formatValue(own)}`)
    return [`default ${[...(value === undefined ? [] : [formatValue(value)]), ...each].join(", ")}`]
  }
  if (value === false) return []
  if (value === true) return [`the default, --no-${flag} switches it off`]
  if (value !== undefined) return [`default ${formatValue(value)}`]
  return absent === undefined ? (required ? ["required"] : []) : [`default: ${absent}`]
}
