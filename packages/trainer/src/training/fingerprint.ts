import { createHash } from "node:crypto"

/** What a checkpoint must agree on: the settings and the data. */
export const fingerprint = (settings: object, data: Iterable<unknown>): string => {
  const hash = createHash("sha256").update(JSON.stringify(settings))
  for (const item of data) hash.update(JSON.stringify(item))
  return hash.digest("hex").slice(0, 16)
}
