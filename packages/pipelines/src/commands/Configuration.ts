import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { InputError, isObject, issueOf, type JsonObject, jsonOf, nearest } from "@nuner/core"
import { Context, Result, Schema } from "effect"
import type { CommandInfo, CommandOption } from "./command.ts"

/** What a configuration file says: values of a command's options by their names; those of every command stand at its top. */
export class Configuration extends Context.Reference<{
  /** The file; absent where there is none. */
  readonly source?: string
  readonly values: JsonObject
}>("@nuner/pipelines/Configuration", { defaultValue: () => ({ values: {} }) }) {}

/** Looked for in the working directory. */
export const CONFIGURATION = "nuner.config.json"

/** The options of a command, or commands by their name. `""` holds what stands at the top of a file. */
type Sections = ReadonlyMap<string, ReadonlyArray<CommandOption>>

const sectionsOf = (commands: ReadonlyArray<CommandInfo>): Sections =>
  new Map(commands.map(({ options, path }) => [path, options]))

/**
 * The file that is named, or the one of the working directory where there is one. Everything in it is checked, also what is for other
 * commands: unknown names are refused with the nearest that there is, wrong values by file and place.
 *
 * @throws InputError
 */
export const readConfiguration = async (
  named: string | undefined,
  commands: () => ReadonlyArray<CommandInfo>
): Promise<typeof Configuration.Service> => {
  const path = named ?? CONFIGURATION
  if (named === undefined && !existsSync(path)) return { values: {} }
  const value = await parse(path)
  check(path, sectionsOf(commands()), value)
  return { source: path, values: value }
}

const parse = async (path: string): Promise<JsonObject> => {
  const text = await readFile(path, "utf8").catch(() => {
    throw new InputError({ source: path, reason: "no such file", remedy: "name a configuration with --config" })
  })
  const value = jsonOf(text, { source: path })
  if (isObject(value)) return value
  throw new InputError({ source: path, reason: "expected an object of commands" })
}

/** What a configuration says of a command. */
export const sectionOf = ({ values }: typeof Configuration.Service, path: string): JsonObject =>
  path.split(" ").reduce<JsonObject>((at, name) => (isObject(at[name]) ? at[name] : {}), values)

const check = (source: string, sections: Sections, value: JsonObject, path = ""): void => {
  const options = sections.get(path) ?? []
  const below = path === "" ? [...sections.keys()].filter((name) => name !== "") : inside(sections, path)
  const names = [...options.map(({ name }) => name), ...new Set(below.map((name) => name.split(" ")[0]!))]
  for (const [name, item] of Object.entries(value)) {
    const at = [path, name]
      .filter((part) => part !== "")
      .join(".")
      .replaceAll(" ", ".")
    const refuse = (reason: string, remedy?: string) => {
      throw new InputError({ source, field: at, reason, ...(remedy !== undefined && { remedy }) })
    }
    const option = options.find((one) => one.name === name)
    if (option !== undefined) {
      const decoded = Schema.decodeUnknownResult(Schema.toType(option.schema) as Schema.Codec<unknown>)(item)
      if (Result.isFailure(decoded)) refuse(issueOf(decoded.failure, item).reason)
    } else if (below.some((one) => one.split(" ")[0] === name)) {
      if (!isObject(item)) refuse(`expected an object of the options of nuner ${`${path} ${name}`.trim()}`)
      else check(source, sections, item, `${path} ${name}`.trim())
    } else if (!(path === "" && name === "$schema")) {
      const near = nearest(name, names)
      refuse(near === undefined ? "unknown" : `unknown; did you mean "${near}"?`, `there are: ${names.join(", ")}`)
    }
  }
}

const inside = (sections: Sections, path: string): Array<string> =>
  [...sections.keys()].flatMap((name) => (name.startsWith(`${path} `) ? [name.slice(path.length + 1)] : []))

/** The JSON Schema (draft 2020-12) of a configuration file, made of the options of all commands. */
export const configurationSchema = (commands: ReadonlyArray<CommandInfo>): object => {
  const sections = sectionsOf(commands)
  const objectOf = (path: string): JsonObject => {
    const own = (sections.get(path) ?? []).map((option) => [option.name, propertyOf(option)] as const)
    const below = path === "" ? [...sections.keys()].filter((name) => name !== "") : inside(sections, path)
    const names = [...new Set(below.map((name) => name.split(" ")[0]!))]
    const does = commands.find((one) => one.path === path)?.does
    return {
      type: "object",
      ...(does !== undefined && { description: does }),
      properties: Object.fromEntries([
        ...(path === "" ? [["$schema", { type: "string" }] as const] : []),
        ...own,
        ...names.map((name) => [name, objectOf(`${path} ${name}`.trim())] as const)
      ]),
      additionalProperties: false
    }
  }
  return { $schema: "https://json-schema.org/draft/2020-12/schema", title: CONFIGURATION, ...objectOf("") }
}

const propertyOf = ({ absent, default: value, help, jsonSchema, unit }: CommandOption): JsonObject => {
  const said = [help, ...(unit === undefined ? [] : [unit]), ...(absent === undefined ? [] : [`default: ${absent}`])]
  return { ...jsonSchema, description: said.join("; "), ...(value !== undefined && { default: value }) }
}
