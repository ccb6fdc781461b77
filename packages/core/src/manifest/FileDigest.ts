import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import * as Schema from "effect/Schema"
import { readError } from "../formats/Source.ts"

/** Which file it was, whatever it is called today. */
export const FileDigest = Schema.Struct({
  path: Schema.NonEmptyString,
  bytes: Schema.Natural,
  /** Of the file as it lies on the disk, in hexadecimal. */
  sha256: Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/))
})
export interface FileDigest extends Schema.Schema.Type<typeof FileDigest> {}

/** @throws InputError when the file is missing or unreadable. */
export const digestFile = async (path: string): Promise<FileDigest> => {
  const hash = createHash("sha256")
  let bytes = 0
  try {
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk)
      bytes += chunk.length
    }
  } catch (cause) {
    throw readError(path, cause)
  }
  return { path, bytes, sha256: hash.digest("hex") }
}
