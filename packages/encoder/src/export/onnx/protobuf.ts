/** Protocol-buffer fields as bytes: the wire forms that ONNX uses. */

const wire = { varint: 0, bytes: 2, fixed32: 5 } as const

/** Seven bits a byte, lowest first; a negative number as 64-bit two's complement. */
const varint = (value: number): Array<number> => {
  const bytes: Array<number> = []
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return bytes
}

export const int = (field: number, value: number): Uint8Array =>
  Uint8Array.of(...varint(field * 8 + wire.varint), ...varint(value))

export const float = (field: number, value: number): Uint8Array =>
  join([Uint8Array.of(...varint(field * 8 + wire.fixed32)), new Uint8Array(Float32Array.of(value).buffer)])

/** What stands before `length` bytes of a text, of raw data or of a nested message. */
export const bytesHead = (field: number, length: number): Uint8Array =>
  Uint8Array.of(...varint(field * 8 + wire.bytes), ...varint(length))

export const message = (field: number, parts: ReadonlyArray<Uint8Array>): Uint8Array =>
  join([bytesHead(field, sizeOf(parts)), ...parts])

export const text = (field: number, value: string): Uint8Array => message(field, [new TextEncoder().encode(value)])

export const sizeOf = (parts: ReadonlyArray<Uint8Array>): number => parts.reduce((sum, part) => sum + part.length, 0)

export const join = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(sizeOf(parts))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
