import { InputError } from "../errors.ts"

/**
 * What a JSON text says.
 *
 * @param at the file, the line where it is one of many, and what to do where it is no JSON
 * @throws InputError with what the parser says
 */
export const jsonOf = (
  text: string,
  at: { readonly source: string; readonly line?: number; readonly remedy?: string }
): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const reason = (cause as SyntaxError).message.split("\n")[0]!.slice(0, 200)
    throw new InputError({ ...at, reason: `not JSON: ${reason}` })
  }
}
