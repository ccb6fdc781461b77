import type { FewShotInput } from "@nuner/classifier"
import { InputError } from "@nuner/core"
import { conceptsOf, typeScores } from "@nuner/zeroshot"
import { zeroShotTypes } from "./readTypeNames.ts"

/** What reads names of types for an encoder. */
export interface NameReader {
  /** The directory of its concept encoder. */
  readonly concepts: string
  readonly names: NonNullable<FewShotInput["names"]>
}

/**
 * Reads names of types with the concept encoder that the encoder of a directory was trained against; undefined where it has none. One that cannot be found is
 * told, and an error only where names were given.
 *
 * @param typeNames what labels are called: see `readTypeNames`
 * @throws InputError
 */
export const nameReader = async (
  directory: string,
  {
    say,
    stage,
    typeNames
  }: { readonly say: (line: string) => void; readonly stage: string; readonly typeNames?: string | undefined }
): Promise<NameReader | undefined> => {
  try {
    const concepts = await conceptsOf(directory)
    if (concepts === undefined) return undefined
    return { concepts, names: async (types) => typeScores(directory)(await zeroShotTypes(types, typeNames)) }
  } catch (error) {
    if (typeNames !== undefined || !(error instanceof InputError)) throw error
    say(`${stage.padEnd(10)} note: names of types are not read: ${error.message}`)
    return undefined
  }
}
