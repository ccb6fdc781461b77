import { decodeOptions, OptionError } from "@nuner/core"
import { Definition } from "./Definition.ts"
import { type Unit, units } from "./TrainingSet.ts"

/** @throws OptionError naming the field */
export const decodeDefinition = (input: unknown): Definition => {
  const definition = decodeOptions("benchmark", Definition, input)
  const fail = (option: string, reason: string, remedy: string): never => {
    throw new OptionError({ component: "benchmark", option, reason, remedy })
  }
  const [first, second] = units.filter((unit) => definition[unit] !== undefined)
  if (second !== undefined) fail(second, `stands beside ${first}`, "give one of them")
  const named = Object.entries(definition.encoders).find(([, encoder]) => Object.hasOwn(Object(encoder), "byName"))
  if (named !== undefined && definition.protocol.type !== "frozen") {
    fail(`encoders.${named[0]}.byName`, "is of frozen probes", 'leave it away, or take the protocol "frozen"')
  }
  for (const option of ["k", "words"] as const) {
    const values = definition[option] ?? []
    if (new Set(values).size !== values.length) fail(option, "names a size twice", "name each once")
  }
  return definition
}

/** How training sets are mined. */
export const unitOf = (definition: Pick<Definition, Unit>): Unit =>
  units.find((unit) => definition[unit] !== undefined) ?? "k"

/** The sizes of training sets, ascending. */
export const sizesOf = ({ k, whole, words }: Pick<Definition, Unit>): Array<number> =>
  whole ? [1] : [...(words ?? k ?? [1, 2, 4, 8, 16, 32, 64])].sort((a, b) => a - b)

/** How an encoder of a definition is read. */
export interface Reader {
  readonly name: string
  readonly models: ReadonlyArray<string>
  readonly protocol: Definition["protocol"]
}

/** The encoders of a definition, each with its models, and its own way to be read where it has one. */
export const readersOf = ({ encoders, protocol }: Pick<Definition, "encoders" | "protocol">): Array<Reader> =>
  Object.entries(encoders).map(([name, encoder]) => {
    const { models, ...own } = typeof encoder === "object" && "models" in encoder ? encoder : { models: encoder }
    return { name, models: [models].flat(), protocol: { ...protocol, ...own } }
  })
