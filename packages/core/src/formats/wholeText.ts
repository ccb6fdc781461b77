import { InputError } from "../errors.ts"
import { chunks, type Source, sourceName } from "./Source.ts"

/** All of a source as text, without its byte order mark, for formats whose structure cannot be read line by line. @throws InputError for bytes that are no UTF-8 */
export const wholeText = async (source: Source): Promise<string> => {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
  let text = ""
  try {
    for await (const piece of chunks(source)) {
      text += typeof piece === "string" ? piece : decoder.decode(piece, { stream: true })
    }
    return (text + decoder.decode()).replace(/^\ufeff/, "")
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw new InputError({ source: sourceName(source), reason: "is not UTF-8", remedy: "convert it to UTF-8" })
  }
}
