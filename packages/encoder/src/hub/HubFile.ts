import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"

/** A file of a model on the hub, as its listing describes it. */
export interface HubFile {
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** The blob's name in the cache: SHA-256 of the content for a large file (LFS), git's SHA-1 for a small one. */
  readonly etag: string
}

/** Whether the file at `path` is, bit for bit, what `etag` says. */
export const matchesEtag = async (path: string, { size, etag }: HubFile): Promise<boolean> => {
  const large = etag.length === 64
  const hash = createHash(large ? "sha256" : "sha1")
  // Git hashes a blob after this header.
  if (!large) hash.update(`blob ${size}\0`)
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return hash.digest("hex") === etag
}
