import { OutputError, refuseGzip, writeAtomic } from "@nuner/core/files"
import { SafetensorsError } from "../errors.ts"
import { sweeper } from "../memory.ts"
import {
  bytesOf,
  checkFinite,
  type Dtype,
  dtypes,
  type Header,
  type TensorData,
  type TensorEntry
} from "./SafetensorsFile.ts"

/** A tensor to be written. `data` is called when its turn comes, and its numbers are let go before the next one's. */
export interface TensorSource {
  readonly name: string
  /** F16 and BF16 round float32 numbers to nearest, ties to even. */
  readonly dtype: Dtype
  readonly shape: ReadonlyArray<number>
  readonly data: () => TensorData | Promise<TensorData>
}

/**
 * Writes a safetensors file, whole or not at all. Tensors are laid out as the reference implementation does, wide dtypes first, then by
 * name. Memory is the tensor being written.
 *
 * @param metadata texts for the header's `__metadata__`
 * @throws SafetensorsError for a name given twice or data that does not fit its shape; OutputError of `@nuner/core` that says what stood in
 *   the way: a full disk, permissions, a folder at the path. Nothing is left behind
 */
export const writeSafetensors = async (
  path: string,
  tensors: Iterable<TensorSource>,
  metadata: Readonly<Record<string, string>> = {}
): Promise<void> => {
  const rank = ({ dtype }: TensorSource) => dtypes.indexOf(dtype)
  const sources = [...tensors].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
  const entries = layOut(path, sources)
  refuseGzip(path, "safetensors")
  await writeAtomic(path, pieces(path, sources, encodeHeader({ metadata, entries })))
}

/**
 * `writeSafetensors` for a model's weights, which are numbers all: one NaN makes everything that is computed with them NaN, and says so
 * only much later.
 *
 * @throws SafetensorsError naming a tensor that holds NaN or infinity, and as `writeSafetensors`; nothing is left behind
 */
export const writeWeights = (
  path: string,
  tensors: ReadonlyArray<TensorSource>,
  metadata: Readonly<Record<string, string>> = {}
): Promise<void> => {
  const checked = tensors.map((source) => ({
    ...source,
    data: async () => {
      const values = await source.data()
      checkFinite(path, source.name, values)
      return values
    }
  }))
  return writeSafetensors(path, checked, metadata)
}

/** What went wrong with a file, for who asked for it in the folder `to`, where it was first written in the folder `from`. */
export const movedError = (error: unknown, from: string, to: string): unknown => {
  if (!(error instanceof SafetensorsError || error instanceof OutputError)) return error
  const path = error.path.replace(from, () => to)
  return error instanceof OutputError
    ? new OutputError({ ...error, path })
    : new SafetensorsError(path, error.reason, error.tensor)
}

/** The header, and each tensor's numbers when its turn comes. */
async function* pieces(
  path: string,
  sources: ReadonlyArray<TensorSource>,
  header: Uint8Array
): AsyncGenerator<Uint8Array, void> {
  yield header
  const release = sweeper(2 ** 24)
  for (const source of sources) {
    yield encode(path, source, await source.data())
    release(bytesOf[source.dtype] * source.shape.reduce((product, size) => product * size, 1))
  }
}

const layOut = (path: string, sources: ReadonlyArray<TensorSource>): Array<TensorEntry> => {
  let end = 0
  const seen = new Set<string>(["__metadata__"])
  return sources.map(({ name, dtype, shape }) => {
    if (seen.has(name)) throw new SafetensorsError(path, "this name is given twice, or reserved", name)
    seen.add(name)
    const start = end
    end += shape.reduce((product, size) => product * size, bytesOf[dtype])
    return { name, dtype, shape, start, end }
  })
}

const encode = (path: string, { name, dtype, shape }: TensorSource, data: TensorData): Uint8Array => {
  const size = shape.reduce((product, length) => product * length, 1)
  const Expected =
    dtype === "I64" ? BigInt64Array : dtype === "I32" ? Int32Array : dtype === "I8" ? Int8Array : Float32Array
  if (!(data instanceof Expected) || data.length !== size) {
    const got = `${data.constructor.name} of ${data.length}`
    throw new SafetensorsError(
      path,
      `${dtype} [${shape}] needs a ${Expected.name} of ${size} numbers, got ${got}`,
      name
    )
  }
  const words = dtype === "F16" || dtype === "BF16" ? halves(dtype, data as Float32Array) : data
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}

const halves = (dtype: "F16" | "BF16", data: Float32Array): Uint16Array =>
  dtype === "F16" ? toFloat16(data) : toBfloat16(data)

const bits = new Uint32Array(1)
const float = new Float32Array(bits.buffer)

/** Float32 to bfloat16: the upper half of the bits, rounded to nearest, ties to even. NaN stays NaN. */
const toBfloat16 = (values: Float32Array): Uint16Array => {
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) {
    float[0] = values[i]!
    const b = bits[0]!
    halves[i] = Number.isNaN(values[i]) ? (b >>> 16) | 0x40 : (b + 0x7fff + ((b >>> 16) & 1)) >>> 16
  }
  return halves
}

/** Float32 to IEEE half precision, rounded to nearest, ties to even; beyond 65504 infinite, below 2^-14 subnormal. */
const toFloat16 = (values: Float32Array): Uint16Array => {
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

const roundEven = (x: number): number => {
  const down = Math.floor(x)
  const rest = x - down
  if (rest !== 0.5) return rest < 0.5 ? down : down + 1
  return down % 2 === 0 ? down : down + 1
}

/** The header's bytes, length prefix included, padded with spaces to 8 bytes as the reference implementation does. */
const encodeHeader = ({ metadata, entries }: Header): Uint8Array => {
  const fields: Record<string, unknown> = Object.create(null)
  if (Object.keys(metadata).length > 0) fields.__metadata__ = metadata
  for (const { name, dtype, shape, start, end } of entries) fields[name] = { dtype, shape, data_offsets: [start, end] }
  const json = new TextEncoder().encode(JSON.stringify(fields))
  const padded = Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(8 + padded).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true)
  bytes.set(json, 8)
  return bytes
}
