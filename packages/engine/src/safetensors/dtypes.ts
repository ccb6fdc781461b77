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
export const dtypes: readonly AnyDtype[] = ["I64", "F32", "I32", "BF16", "F16", "I8"] satisfies readonly Dtype[]

export const isDtype = (name: string): name is AnyDtype => Object.hasOwn(bytesOf, name)

/** The numbers of a tensor: half precisions are widened to float32. */
export type TensorData = Float32Array | Int32Array | BigInt64Array | Int8Array
