import { OptionError } from "@nuner/core"
import type { ZeroShotType } from "../ZeroShotModel.ts"
import { promptLength, type WordPieces } from "./prompt.ts"

/** Types as they are called and as they are read, each once. */
export interface ReadTypes {
  readonly names: ReadonlyArray<string>
  readonly texts: ReadonlyArray<string>
  /** How many were given again. */
  readonly repeated: number
}

/** @throws OptionError for a type that holds a mark of the prompt, or several texts, which one row has no place for */
export const readTypes = (types: ReadonlyArray<ZeroShotType>, marks: ReadonlyArray<string>): ReadTypes => {
  const fail = (reason: string, remedy: string): never => {
    throw new OptionError({ component: "zeroshot", option: "types", reason, remedy })
  }
  const found = new Map<string, string>()
  for (const type of types) {
    const name = typeof type === "string" ? type : type.name
    const read = typeof type === "string" ? [type] : [type.read].flat()
    if (read.length !== 1) fail(`"${name}" has ${read.length} texts`, "this model reads one text a type")
    const mark = marks.find((token) => read[0]!.includes(token))
    if (mark !== undefined) fail(`"${name}" holds ${mark}, which parts types`, "call it something else")
    if (!found.has(name)) found.set(name, read[0]!)
  }
  return { names: [...found.keys()], texts: [...found.values()], repeated: types.length - found.size }
}

/** Types by number, in groups of at most `most` that take at most `budget` tokens; a type that is too long alone is a group of its own. */
export const typeGroups = (
  texts: ReadonlyArray<string>,
  pieces: WordPieces,
  typeToken: string,
  { budget, most }: { readonly most: number; readonly budget: number }
): Array<Array<number>> => {
  const groups: Array<Array<number>> = []
  let tokens = Number.POSITIVE_INFINITY
  for (const [type, text] of texts.entries()) {
    const length = promptLength(pieces, typeToken, text)
    const open = groups.at(-1)
    if (open !== undefined && open.length < most && tokens + length <= budget) {
      open.push(type)
      tokens += length
    } else {
      groups.push([type])
      tokens = length
    }
  }
  return groups
}
