import { SafetensorsError } from "../errors.ts"

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

const isDtype = (name: string): name is AnyDtype => Object.hasOwn(bytesOf, name)

/** The numbers of a tensor: half precisions are widened to float32. */
export type TensorData = Float32Array | Int32Array | BigInt64Array | Int8Array

/** An open file: the header is read and checked, tensors are read one at a time. */
export interface SafetensorsFile {
  readonly path: string
  readonly metadata: Readonly<Record<string, string>>
  /** By name, in the order of the data. */
  readonly entries: ReadonlyMap<string, TensorEntry>
  /** The numbers of one tensor; F16 and BF16 are widened to float32. */
  readonly read: (name: string) => Promise<TensorData>
  readonly close: () => Promise<void>
}

/** The bytes of a file, wherever they are. */
export interface Bytes {
  readonly size: number
  /** `count` bytes from `from` on, which are there. */
  readonly read: (from: number, count: number) => Promise<Uint8Array<ArrayBuffer>>
  readonly close: () => Promise<void>
}

/** @throws SafetensorsError where the header is no header, or lies about the data */
export const openSafetensors = async (path: string, { close, read, size }: Bytes): Promise<SafetensorsFile> => {
  if (size < 8) throw new SafetensorsError(path, `${size} bytes are too few for a safetensors file`)
  const prefix = await read(0, 8)
  const length = new DataView(prefix.buffer).getBigUint64(0, true)
  if (length > BigInt(Math.min(maxHeaderBytes, size - 8))) {
    throw new SafetensorsError(path, `a header of ${length} bytes in a file of ${size}: not a safetensors file`)
  }
  const data = 8 + Number(length)
  const text = new TextDecoder().decode(await read(8, Number(length)))
  const { metadata, entries } = parseHeader(path, text, size - data)
  const byName = new Map(entries.map((entry) => [entry.name, entry]))
  return {
    path,
    metadata,
    entries: byName,
    read: async (name) => {
      const entry = byName.get(name)
      if (!entry) throw new SafetensorsError(path, "is not in this file", name)
      if (!dtypes.includes(entry.dtype)) {
        throw new SafetensorsError(path, `dtype ${entry.dtype} is not read here, only ${dtypes.join(", ")}`, name)
      }
      return decode(entry, await read(data + entry.start, entry.end - entry.start))
    },
    close
  }
}

/** A file whose bytes are all here. */
export const safetensorsOf = (path: string, bytes: Uint8Array): Promise<SafetensorsFile> =>
  openSafetensors(path, {
    size: bytes.length,
    read: async (from, count) => new Uint8Array(bytes.subarray(from, from + count)),
    close: async () => {}
  })

/** The numbers of a tensor from its bytes. */
export const decode = ({ dtype }: TensorEntry, { buffer }: Uint8Array<ArrayBuffer>): TensorData => {
  switch (dtype) {
    case "F16":
      return fromFloat16(new Uint16Array(buffer))
    case "BF16":
      return fromBfloat16(new Uint16Array(buffer))
    case "I32":
      return new Int32Array(buffer)
    case "I64":
      return new BigInt64Array(buffer)
    case "I8":
      return new Int8Array(buffer)
    default:
      return new Float32Array(buffer)
  }
}

const fromBfloat16 = (halves: Uint16Array): Float32Array => {
  const widened = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) widened[i] = halves[i]! << 16
  return new Float32Array(widened.buffer)
}

/** What each of the 65,536 halves stands for; made when the first is read. */
let widened: Float32Array | undefined

const fromFloat16 = (halves: Uint16Array): Float32Array => {
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

/** Where a tensor lies in its file. */
export interface TensorEntry {
  readonly name: string
  readonly dtype: AnyDtype
  readonly shape: ReadonlyArray<number>
  /** Bytes, from the end of the header. */
  readonly start: number
  readonly end: number
}

export interface Header {
  readonly metadata: Readonly<Record<string, string>>
  /** In the order of the data. */
  readonly entries: ReadonlyArray<TensorEntry>
}

/** The format's own limit on a header. */
const maxHeaderBytes = 100_000_000

/**
 * Reads a header and holds it against the file: known dtypes, whole shapes, sizes that agree with the offsets, and data that covers
 * the file without hole, overlap or remainder.
 *
 * @param dataBytes the bytes of the file after the header
 * @throws SafetensorsError
 */
const parseHeader = (path: string, text: string, dataBytes: number): Header => {
  const parsed = parseObject(path, text)
  const metadata: Record<string, string> = Object.create(null)
  const entries: Array<TensorEntry> = []
  for (const [name, value] of Object.entries(parsed)) {
    if (name === "__metadata__") {
      for (const [key, entry] of Object.entries(object(path, value, "__metadata__ is no object"))) {
        if (typeof entry !== "string") throw new SafetensorsError(path, `__metadata__ "${key}" is no text`)
        metadata[key] = entry
      }
    } else {
      entries.push(parseEntry(path, name, value, dataBytes))
    }
  }
  entries.sort((a, b) => a.start - b.start || a.end - b.end)
  let covered = 0
  for (const { name, start, end } of entries) {
    if (start !== covered) {
      throw new SafetensorsError(path, `data begins at ${start}, the one before ends at ${covered}`, name)
    }
    covered = end
  }
  if (covered !== dataBytes) {
    throw new SafetensorsError(
      path,
      `the tensors take ${covered} bytes, the file has ${dataBytes}: truncated or not safetensors`
    )
  }
  return { metadata, entries }
}

const parseEntry = (path: string, name: string, value: unknown, dataBytes: number): TensorEntry => {
  const fail = (reason: string): never => {
    throw new SafetensorsError(path, reason, name)
  }
  const entry = object(path, value, `tensor "${name}" is no object`)
  const { dtype, shape, data_offsets: offsets } = entry
  if (typeof dtype !== "string" || !isDtype(dtype)) return fail(`unknown dtype ${JSON.stringify(dtype)}`)
  if (!isCounts(shape)) return fail(`shape ${JSON.stringify(shape)} is no list of sizes`)
  if (!isCounts(offsets) || offsets.length !== 2) return fail(`data_offsets ${JSON.stringify(offsets)} are no pair`)
  const [start, end] = offsets as [number, number]
  const bytes = shape.reduce((product, size) => product * size, bytesOf[dtype])
  if (end > dataBytes || start > end) return fail(`data_offsets [${offsets}] lie outside the file's ${dataBytes} bytes`)
  if (end - start !== bytes) return fail(`${dtype} [${shape}] takes ${bytes} bytes, data_offsets give ${end - start}`)
  return { name, dtype, shape, start, end }
}

const parseObject = (path: string, text: string): Record<string, unknown> => {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new SafetensorsError(path, "the header is not JSON: not a safetensors file")
  }
  return object(path, parsed, "the header is no object")
}

const object = (path: string, value: unknown, reason: string): Record<string, unknown> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SafetensorsError(path, reason)
  return value as Record<string, unknown>
}

const isCounts = (value: unknown): value is Array<number> =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)

/** Where the scales of the rows of an I8 tensor stand: `[rows, 1]`, the name that compressed-tensors gives them. */
export const scaleOf = (name: string): string => `${name}_scale`

/**
 * The numbers of one tensor of weights, as float32; those of an I8 tensor `[rows, width]` are its integers times the scale of their row.
 *
 * @throws SafetensorsError for a tensor that is not there, holds whole numbers without scales, NaN or infinity
 */
export const readWeights = async (file: SafetensorsFile, name: string): Promise<Float32Array> => {
  const values = await file.read(name)
  if (values instanceof Int8Array && file.entries.has(scaleOf(name))) {
    const scales = await readWeights(file, scaleOf(name))
    if (scales.length !== file.entries.get(name)!.shape[0]) {
      throw new SafetensorsError(
        file.path,
        `holds ${scales.length} scales for [${file.entries.get(name)!.shape}]`,
        name
      )
    }
    return scaledRows(values, scales)
  }
  if (!(values instanceof Float32Array)) {
    throw new SafetensorsError(file.path, `${file.entries.get(name)!.dtype} are no weights`, name)
  }
  checkFinite(file.path, name, values)
  return values
}

const scaledRows = (integers: Int8Array, scales: Float32Array): Float32Array => {
  const width = integers.length / scales.length
  const values = new Float32Array(integers.length)
  for (const [row, scale] of scales.entries()) {
    for (let i = row * width; i < (row + 1) * width; i++) values[i] = integers[i]! * scale
  }
  return values
}

/** @throws SafetensorsError naming the tensor of a file and the first number that is none */
export const checkFinite = (path: string, tensor: string, values: TensorData): void => {
  const at = values instanceof Float32Array ? firstNonFinite(values) : -1
  if (at >= 0)
    throw new SafetensorsError(path, `holds ${values[at]} at number ${at} of ${values.length}: no weights`, tensor)
}

/** Where a list first holds NaN or an infinity; -1 where all are numbers. */
export const firstNonFinite = (values: Float32Array): number => {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length)
  // All bits of the exponent are set.
  for (let i = 0; i < bits.length; i++) if ((bits[i]! & 0x7f80_0000) === 0x7f80_0000) return i
  return -1
}
