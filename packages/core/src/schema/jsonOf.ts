import { InputError } from "../errors.ts"

/**
 * What a JSON text says; a byte order mark before it is none of it.
 *
 * @param at the file, the line where it is one of many, and what to do where it is no JSON
 * @throws InputError with what the parser says
 */
export const jsonOf = (
  text: string,
  at: { readonly source: string; readonly line?: number; readonly remedy?: string }
): unknown => {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""))
  } catch (cause) {
    const reason = (cause as SyntaxError).message.split("\n")[0]!.slice(0, 200)
    throw new InputError({ ...at, reason: `not JSON: ${reason}` })
  }
}
