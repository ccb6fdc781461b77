import { decodeOptions, OptionError } from "@nuner/core"
import { runsFor } from "@nuner/miner"
import { Definition, type DefinitionInput } from "./Definition.ts"

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

/** How training sets are mined: by entities, or by words. */
export type Unit = "k" | "words"
export const unitOf = ({ words }: Pick<Definition, "words">): Unit => (words === undefined ? "k" : "words")

/** The sizes of training sets, ascending. */
export const sizesOf = ({ k, words }: Pick<Definition, "k" | "words">): Array<number> =>
  [...(words ?? k ?? [1, 2, 4, 8, 16, 32, 64])].sort((a, b) => a - b)

/** How many sets of a size are asked for. */
export const setsOf = ({ sets, words }: Pick<Definition, "sets" | "words">, size: number): number =>
  sets ?? (words === undefined ? 10 : runsFor(size))

/** The models of each encoder. */
export const modelsOf = ({ encoders }: Pick<DefinitionInput, "encoders">): Array<[string, ReadonlyArray<string>]> =>
  Object.entries(encoders).map(([name, models]) => [name, typeof models === "string" ? [models] : models])
