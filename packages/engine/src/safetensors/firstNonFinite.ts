/** Where a list first holds NaN or an infinity; -1 where all are numbers. */
export function firstNonFinite(values: Float32Array): number {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length)
  // All bits of the exponent are set.
  for (let i = 0; i < bits.length; i++) if ((bits[i]! & 0x7f80_0000) === 0x7f80_0000) return i
  return -1
}
