import { decodeJson, InputError } from "@nuner/core"
import { deriveName, type TypeNames, typeNames } from "@nuner/tadner"
import { Schema } from "effect"

const Names = Schema.Record(Schema.String, Schema.NonEmptyString)

/** Whether it is a dataset whose types have names, not a file. */
export const isKnownNames = (given: string): given is keyof typeof typeNames => Object.hasOwn(typeNames, given)

/** The file of names, where there is one: an input of what is made with it. */
export const typeNamesFile = (given: string | undefined): Array<string> =>
  given === undefined || isKnownNames(given) ? [] : [given]

/** What a zero-shot model reads for types of labelled data: their names where some are given, else the labels in words. @throws InputError */
export const zeroShotTypes = async (
  types: Iterable<string>,
  typeNames: string | undefined
): Promise<Array<{ readonly name: string; readonly read: string }>> => {
  const names = await readTypeNames(typeNames)
  return Array.from(types, (name) => ({ name, read: Object.hasOwn(names, name) ? names[name]! : deriveName(name) }))
}

/** Natural-language names of types: of a known dataset by its name, or a JSON file `{"label": "name"}`. @throws InputError */
export const readTypeNames = async (given: string | undefined): Promise<TypeNames> => {
  if (given === undefined) return {}
  if (isKnownNames(given)) return typeNames[given]
  const known = Object.keys(typeNames).join(", ")
  const at = { source: given, remedy: `give a JSON object of label to name, or one of ${known}` }
  const file = Bun.file(given)
  if (!(await file.exists())) throw new InputError({ ...at, reason: "is no file and no dataset with names" })
  return decodeJson(Names, await file.text(), at)
}
