/** Bytes of one element, by dtype, as the format defines them. */
export const bytesOf = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8
} as const

/** Every dtype that a file may contain. */
export type AnyDtype = keyof typeof bytesOf

/** The dtypes that are read and written here. */
export type Dtype = "F32" | "F16" | "BF16" | "I32" | "I64" | "I8"

/** The same, in the order in which the reference implementation lays tensors out: wide ones first, so that all are aligned. */
export const dtypes: ReadonlyArray<AnyDtype> = ["I64", "F32", "I32", "BF16", "F16", "I8"] satisfies ReadonlyArray<Dtype>

export const isDtype = (name: string): name is AnyDtype => Object.hasOwn(bytesOf, name)

/** The numbers of a tensor: half precisions are widened to float32. */
export type TensorData = Float32Array | Int32Array | BigInt64Array | Int8Array

const bits = new Uint32Array(1)
const float = new Float32Array(bits.buffer)

/** Float32 to bfloat16: the upper half of the bits, rounded to nearest, ties to even. NaN stays NaN. */
export const toBfloat16 = (values: Float32Array): Uint16Array => {
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) {
    float[0] = values[i]!
    const b = bits[0]!
    halves[i] = Number.isNaN(values[i]) ? (b >>> 16) | 0x40 : (b + 0x7fff + ((b >>> 16) & 1)) >>> 16
  }
  return halves
}

export const fromBfloat16 = (halves: Uint16Array): Float32Array => {
  const widened = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) widened[i] = halves[i]! << 16
  return new Float32Array(widened.buffer)
}

/** Float32 to IEEE half precision, rounded to nearest, ties to even; beyond 65504 infinite, below 2^-14 subnormal. */
export const toFloat16 = (values: Float32Array): Uint16Array => {
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) halves[i] = halfOf(values[i]!)
  return halves
}

const halfOf = (value: number): number => {
  float[0] = value
  const b = bits[0]!
  const sign = (b >>> 16) & 0x8000
  const magnitude = b & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude < 0x38800000) {
    // A subnormal counts in units of 2^-24.
    return sign | roundEven(Math.abs(value) * 2 ** 24)
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1)
  return sign | ((rounded - 0x38000000) >>> 13)
}

/** What each of the 65,536 halves stands for; made when the first is read. */
let widened: Float32Array | undefined

export const fromFloat16 = (halves: Uint16Array): Float32Array => {
  widened ??= Float32Array.from({ length: 2 ** 16 }, (_, half) => floatOf(half))
  const values = new Float32Array(halves.length)
  for (let i = 0; i < halves.length; i++) values[i] = widened[halves[i]!]!
  return values
}

const floatOf = (half: number): number => {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >>> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const roundEven = (x: number): number => {
  const down = Math.floor(x)
  const rest = x - down
  if (rest !== 0.5) return rest < 0.5 ? down : down + 1
  return down % 2 === 0 ? down : down + 1
}
