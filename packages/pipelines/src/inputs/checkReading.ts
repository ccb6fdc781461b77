import { type DataOptionsInput, InputError, idleOptions, OptionError } from "@nuner/core"
import { sourcesOf } from "./sources.ts"

/**
 * Refuses options of reading that would do nothing: where no file is read, and those that none of the files' formats has a use for.
 *
 * @param paths files and folders; an argument that is a text itself is none
 * @throws OptionError, InputError
 */
export const checkReading = async (
  component: string,
  paths: ReadonlyArray<string>,
  data: DataOptionsInput
): Promise<void> => {
  const [given] = Object.keys(data)
  if (given === undefined) return
  const refuse = (option: string, reason: string) => {
    throw new OptionError({ component, option, reason, remedy: "leave it out" })
  }
  const sources = paths.flatMap((path) => sourcesOf(path) ?? [])
  if (sources.length === 0) refuse(given, "says how files are read, and there is none")
  const idle = await idleOptions(sources, data).catch((error) => {
    // What a file cannot be recognised as is told where it is read; in a folder it may be passed over.
    if (error instanceof InputError) return undefined
    throw error
  })
  const [option] = idle?.options ?? []
  if (option !== undefined) refuse(option, `has no effect on data of the format ${idle!.formats.join(", ")}`)
}
