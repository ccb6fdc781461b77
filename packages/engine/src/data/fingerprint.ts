import { createHash } from "node:crypto"
import { sweeper } from "../memory.ts"
import type { Parameters } from "../nn/Parameters.ts"

/**
 * What makes a run this run, as 16 hexadecimal digits of a SHA-256: its settings, its data, the weights that it starts from. Nothing is
 * kept, so a corpus may come as a stream.
 *
 * @param parts bytes as they are, anything else as JSON
 */
export const fingerprint = async (
  parts: Iterable<unknown> | AsyncIterable<unknown>,
  weights: Parameters = {}
): Promise<string> => {
  const hash = createHash("sha256")
  const add = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
    hash.update(new Uint8Array(buffer, byteOffset, byteLength))
  for await (const part of parts) {
    if (ArrayBuffer.isView(part)) add(part)
    else hash.update(`${JSON.stringify(part)}\n`)
  }
  const release = sweeper(2 ** 24)
  for (const name of Object.keys(weights).sort()) {
    const parameter = weights[name]!
    hash.update(`${name} ${parameter.shape.join()}\n`)
    add(await parameter.data())
    release(4 * parameter.size)
  }
  return hash.digest("hex").slice(0, 16)
}
