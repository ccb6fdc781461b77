import { InputError } from "@nuner/core"
import { deriveName } from "./deriveName.ts"

/** Natural-language names by type label: the text that stands for the type in the classifier. */
export type TypeNames = Readonly<Record<string, string>>

/**
 * The name of each type: the given one, else one derived from its label. Two types may have one name; their prototypes still differ.
 *
 * @throws InputError for a name without a letter or digit in it
 */
export const nameTypes = (types: ReadonlyArray<string>, names: TypeNames = {}): Array<string> =>
  types.map((type) => {
    const name = Object.hasOwn(names, type) ? names[type]! : deriveName(type)
    if (name.trim() !== "") return name
    throw new InputError({
      source: "typeNames",
      field: type,
      reason: "is blank",
      remedy: "say in words what the type is"
    })
  })
