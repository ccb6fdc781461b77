import { decodeOptions, OptionError } from "@nuner/core"
import { Definition } from "./Definition.ts"
import type { Unit } from "./TrainingSet.ts"

/** @throws OptionError naming the field */
export const decodeDefinition = (input: unknown): Definition => {
  const definition = decodeOptions("benchmark", Definition, input)
  const fail = (option: string, reason: string, remedy: string): never => {
    throw new OptionError({ component: "benchmark", option, reason, remedy })
  }
  if (definition.k !== undefined && definition.words !== undefined) fail("words", "stands beside k", "give one of them")
  for (const option of ["k", "words"] as const) {
    const values = definition[option] ?? []
    if (new Set(values).size !== values.length) fail(option, "names a size twice", "name each once")
  }
  return definition
}

/** How training sets are mined. */
export const unitOf = ({ words }: Pick<Definition, "words">): Unit => (words === undefined ? "k" : "words")

/** The sizes of training sets, ascending. */
export const sizesOf = ({ k, words }: Pick<Definition, "k" | "words">): Array<number> =>
  [...(words ?? k ?? [1, 2, 4, 8, 16, 32, 64])].sort((a, b) => a - b)

/** How an encoder of a definition is read. */
export interface Reader {
  readonly name: string
  readonly models: ReadonlyArray<string>
  readonly protocol: Definition["protocol"]
}

/** The encoders of a definition, each with its models and its own layers where it names them. */
export const readersOf = ({ encoders, protocol }: Pick<Definition, "encoders" | "protocol">): Array<Reader> =>
  Object.entries(encoders).map(([name, encoder]) => {
    const { layers, models } =
      typeof encoder === "object" && "models" in encoder ? encoder : { models: encoder, layers: undefined }
    return { name, models: [models].flat(), protocol: layers === undefined ? protocol : { ...protocol, layers } }
  })
