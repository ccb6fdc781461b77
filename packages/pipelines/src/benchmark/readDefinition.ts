import { existsSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { InputError, jsonOf, OptionError } from "@nuner/core"
import { isKnownNames } from "../inputs/readTypeNames.ts"
import type { Definition } from "./Definition.ts"
import { decodeDefinition } from "./decodeDefinition.ts"

/**
 * A benchmark file, JSON. In its paths `$NAME` and `${NAME}` are variables of the environment; they are relative to the file. An encoder
 * that is no path there is a name on the hub.
 *
 * @throws InputError naming the file and the field
 */
export const readDefinition = async (path: string): Promise<Definition> => {
  const definition = decode(path, await readJson(path))
  const folder = dirname(path)
  const file = (field: string) => (given: string) => resolve(folder, expand(path, field, given))
  const model = (field: string) => (given: string) => {
    const expanded = expand(path, field, given)
    const local = resolve(folder, expanded)
    return existsSync(local) || expanded.startsWith(".") ? local : expanded
  }
  const map = <A, B>(record: Readonly<Record<string, A>>, of: (value: A, name: string) => B): Record<string, B> =>
    Object.fromEntries(Object.entries(record).map(([name, value]) => [name, of(value, name)]))
  return {
    ...definition,
    encoders: map(definition.encoders, (encoder, name) => {
      const at = model(`encoders.${name}`)
      if (typeof encoder === "string") return at(encoder)
      return "models" in encoder ? { ...encoder, models: [encoder.models].flat().map(at) } : encoder.map(at)
    }),
    datasets: map(definition.datasets, ({ exclude, test, train, typeNames, ...dataset }, name) => {
      const at = (field: string) => file(`datasets.${name}.${field}`)
      const pools = typeof train === "string" ? at("train")(train) : train.map(at("train"))
      const called = typeNames && (isKnownNames(typeNames) ? typeNames : at("typeNames")(typeNames))
      return {
        ...{ ...dataset, train: pools, test: at("test")(test), exclude: exclude.map(at("exclude")) },
        ...(called && { typeNames: called })
      }
    }),
    exclude: definition.exclude.map(file("exclude"))
  }
}

const readJson = async (path: string): Promise<unknown> => {
  const text = await Bun.file(path)
    .text()
    .catch(() => {
      throw new InputError({ source: path, reason: "cannot be read", remedy: "name a benchmark file" })
    })
  return jsonOf(text, { source: path, remedy: 'see "Benchmarks" in the README of @nuner/pipelines' })
}

const decode = (path: string, json: unknown): Definition => {
  try {
    return decodeDefinition(json)
  } catch (error) {
    if (!(error instanceof OptionError)) throw error
    const { option: field, reason, remedy } = error
    throw new InputError({ source: path, field, reason, ...(remedy === undefined ? {} : { remedy }) })
  }
}

const expand = (source: string, field: string, path: string): string =>
  path.replace(/\$(?:(\w+)|\{(\w+)\})/g, (_, bare: string | undefined, braced: string | undefined) => {
    const name = bare ?? braced!
    const value = process.env[name]
    if (value === undefined || value === "") {
      throw new InputError({
        source,
        field,
        reason: `$${name} is not set`,
        remedy: "set the variable of the environment"
      })
    }
    return value
  })
