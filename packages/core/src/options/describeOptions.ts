import * as Schema from "effect/Schema"
import type { Need, OptionText } from "./option.ts"

/** Fields of a flat option schema, by name. */
export type OptionFields = Readonly<Record<string, Schema.Top>>

/** All that is known of an option, as data. */
export interface OptionInfo {
  readonly name: string
  readonly help: string
  /** In words: "integer", "number", "text", "true or false", "list of integers". */
  readonly type: string
  /** The values that it takes, where these are few. */
  readonly values?: ReadonlyArray<string>
  /** In words: "1 to 64", "above 0". */
  readonly range?: string
  readonly unit?: string
  readonly default?: unknown
  /** What holds where it is not given and has no default. */
  readonly absent?: string
  /** Where it has an effect; the help says so, too. */
  readonly needs?: ReadonlyArray<Need>
  /** Its defaults by preset, where the presets of a schema give it one. */
  readonly presets?: Readonly<Record<string, unknown>>
  readonly required: boolean
  /** Of a list: a command line gives its items one by one. */
  readonly repeated: boolean
  /** Draft 2020-12. */
  readonly jsonSchema: JsonSchema
}

export type JsonSchema = Readonly<Record<string, unknown>>

/** Named settings of a schema; the annotation `presets` of its struct. */
export type Presets = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** What `option` said of the fields of a schema, in their order. */
export const describeOptions = (schema: {
  readonly fields: OptionFields
  readonly ast?: Schema.Top["ast"]
}): Array<OptionInfo> => {
  const presets = schema.ast?.annotations?.presets as Presets | undefined
  return Object.entries(schema.fields).map(([name, field]) => describeOption(name, field, presets))
}

/** The same of one field. */
const describeOption = (name: string, field: Schema.Top, presets: Presets = {}): OptionInfo => {
  const { description: help = "", ...said } = Schema.resolveAnnotationsKey(field) ?? {}
  const {
    absent,
    default: value,
    needs: given = [],
    repeated = false,
    unit
  } = said as Partial<OptionText> & { default?: unknown }
  const needs = [given].flat()
  const jsonSchema = jsonSchemaOf(field)
  const range = rangeOf(jsonSchema)
  const values = valuesOf(jsonSchema)
  const own = Object.entries(presets).flatMap(([preset, settings]) =>
    Object.hasOwn(settings, name) ? [[preset, settings[name]] as const] : []
  )
  return {
    name,
    help: [help, ...needs.map(formatNeed)].join("; "),
    type: typeOf(jsonSchema),
    ...(values !== undefined && { values }),
    ...(range !== undefined && { range }),
    ...(unit !== undefined && { unit }),
    ...(value !== undefined && { default: value }),
    ...(absent !== undefined && { absent }),
    ...(needs.length > 0 && { needs }),
    ...(own.length > 0 && { presets: Object.fromEntries(own) }),
    required: value === undefined && own.length === 0 && Schema.toEncoded(field).ast.context?.isOptional !== true,
    repeated,
    jsonSchema
  }
}

/** What is said of an option's value besides its help: "integer, 1 to 64, seconds". */
export const kindOf = ({ range, type, unit, values }: OptionInfo): string =>
  [values === undefined ? type : values.join(", "), range, unit].filter((part) => part !== undefined).join(", ")

/** "with `schedule` stable", "with `n`", "without `steps`" */
export const formatNeed = ({ absent, is, not, option }: Need): string => {
  if (absent) return `without \`${option}\``
  if (is !== undefined) return `with \`${option}\` ${is.map(formatValue).join(" or ")}`
  return not === undefined ? `with \`${option}\`` : `where \`${option}\` is not ${not.map(formatValue).join(" or ")}`
}

/** A value as people write it: `a,b` for a list, `person=2` for a record. */
export const formatValue = (value: unknown): string => {
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(formatValue).join(",")
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([key, item]) => `${key}=${formatValue(item)}`)
      .join(",")
  }
  return typeof value === "number" ? formatNumber(value) : String(value)
}

const formatNumber = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-2 && `${value}`.length > 4 ? value.toExponential().replace("e+", "e") : `${value}`

const jsonSchemaOf = (field: Schema.Top): JsonSchema => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(Schema.toType(field))
  return tidy(schema as JsonSchema, definitions as Readonly<Record<string, JsonSchema>>) as JsonSchema
}

/** The schema with its definitions in their places, without what only repeats the help or holds for every number of JavaScript. */
const tidy = (value: unknown, definitions: Readonly<Record<string, JsonSchema>>): unknown => {
  if (Array.isArray(value)) return value.map((item) => tidy(item, definitions))
  if (typeof value !== "object" || value === null) return value
  const { $ref, anyOf } = value as { $ref?: string; anyOf?: ReadonlyArray<JsonSchema> }
  if ($ref !== undefined) return tidy(definitions[$ref.split("/").at(-1)!], definitions)
  // What may be undefined is written as null: in a file it is left out.
  const present = anyOf?.filter(({ type }) => type !== "null")
  if (present !== undefined && present.length === 1) return tidy(present[0], definitions)
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) =>
      ["allOf", "description", "default", "title"].includes(key) || Math.abs(item as number) === Number.MAX_SAFE_INTEGER
        ? []
        : [[key, tidy(item, definitions)]]
    )
  )
}

const typeOf = ({ anyOf, enum: values, items, type }: JsonSchema): string => {
  if (Array.isArray(anyOf)) return [...new Set(anyOf.map(typeOf))].join(" or ")
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(" or ")
  if (type === "array") return `list of ${plural(typeOf(items as JsonSchema))}`
  if (type === "object") return "record"
  return { boolean: "true or false", string: "text" }[type as string] ?? String(type)
}

const plural = (type: string): string => (type === "text" ? "texts" : type.endsWith("r") ? `${type}s` : type)

/** Of texts that are named one by one. */
const valuesOf = ({ enum: values, type }: JsonSchema): ReadonlyArray<string> | undefined =>
  type === "string" && Array.isArray(values) ? values : undefined

const rangeOf = (schema: JsonSchema): string | undefined => {
  const parts = Array.isArray(schema.anyOf) ? schema.anyOf : [schema.type === "array" ? schema.items : schema]
  const { exclusiveMaximum, exclusiveMinimum, maximum, minimum } = Object.assign({}, ...parts) as Record<string, number>
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`
  const [least, most] = [
    exclusiveMinimum !== undefined ? `above ${exclusiveMinimum}` : minimum !== undefined ? `from ${minimum} on` : "",
    exclusiveMaximum !== undefined ? `below ${exclusiveMaximum}` : maximum !== undefined ? `up to ${maximum}` : ""
  ]
  const range = [least, most].filter((part) => part !== "").join(", ")
  return range === "" ? undefined : range
}
