import { formatValue, issueOf, type JsonSchema, OptionError } from "@nuner/core"
import { Effect, Option, Result, Schema } from "effect"
import { Flag } from "effect/cli"
import type { CommandOption } from "./command.ts"

/**
 * The flag of an option: its type, range and help are those of the schema; absent, it decides nothing.
 *
 * @param all of the command, so that the help names other options as flags
 */
export const flagOf = (option: CommandOption, all: ReadonlyArray<CommandOption>): Flag.Flag<Option.Option<unknown>> => {
  const { alias, repeated } = option
  const flag = bare(option).pipe(Flag.withDescription(helpOf(option, all)))
  const named = alias === undefined ? flag : flag.pipe(Flag.withAlias(alias))
  if (!repeated) return Flag.optional(named)
  return named.pipe(
    Flag.atLeast(0),
    Flag.map((values) => (values.length === 0 ? Option.none() : Option.some(values)))
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

/** Flags that were given, by the names of their options; what is out of a schema's range is refused. */
export const givenFlags = (
  path: string,
  options: ReadonlyArray<CommandOption>,
  flags: Readonly<Record<string, Option.Option<unknown>>>
): Effect.Effect<Record<string, unknown>, OptionError> =>
  Effect.gen(function* () {
    const given: Record<string, unknown> = {}
    for (const { name, schema } of options) {
      const flag = flags[name]
      if (flag === undefined || Option.isNone(flag)) continue
      const decoded = Schema.decodeUnknownResult(Schema.toType(schema) as Schema.Codec<unknown>)(flag.value)
      if (Result.isFailure(decoded)) {
        const { path: place, reason } = issueOf(decoded.failure, flag.value)
        const at = place === "" ? name : `${name}${place.startsWith("[") ? "" : "."}${place}`
        return yield* new OptionError({ component: path, option: at, reason })
      }
      given[name] = decoded.success
    }
    return given
  })

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
const helpOf = (option: CommandOption, all: ReadonlyArray<CommandOption>): string => {
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
