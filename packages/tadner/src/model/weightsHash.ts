import { createHash } from "node:crypto"
import type { Parameters } from "@nuner/engine"

/** SHA-256 of weights, names and shapes included, hexadecimal. */
export const weightsHash = async (parameters: Parameters): Promise<string> => {
  const hash = createHash("sha256")
  for (const name of Object.keys(parameters).sort()) {
    const parameter = parameters[name]!
    hash.update(`${name} ${parameter.shape.join()}\n`)
    const values = (await parameter.data()) as Float32Array
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  }
  return hash.digest("hex")
}
