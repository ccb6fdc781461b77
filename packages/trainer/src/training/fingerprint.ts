import { createHash } from "node:crypto"
import type { Model } from "@nuner/encoder"

/**
 * What a checkpoint must agree on: the settings, the data, and the weights that training starts from. Another base in the same place is
 * another run.
 */
export const fingerprint = async (
  settings: object,
  data: Iterable<unknown>,
  { config, parameters }: Model
): Promise<string> => {
  const hash = createHash("sha256").update(JSON.stringify([settings, config]))
  for (const item of data) hash.update(item instanceof Uint8Array ? item : JSON.stringify(item))
  for (const [name, parameter] of Object.entries(parameters)) {
    const values = await parameter.data()
    hash.update(name).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  }
  return hash.digest("hex").slice(0, 16)
}
