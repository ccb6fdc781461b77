import { SafetensorsError } from "../errors.ts"
import { dtypes, fromBfloat16, fromFloat16, type TensorData } from "./dtypes.ts"
import { maxHeaderBytes, parseHeader, type TensorEntry } from "./header.ts"

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
export async function openSafetensors(path: string, { close, read, size }: Bytes): Promise<SafetensorsFile> {
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
export function safetensorsOf(path: string, bytes: Uint8Array): Promise<SafetensorsFile> {
  return openSafetensors(path, {
    size: bytes.length,
    read: async (from, count) => new Uint8Array(bytes.subarray(from, from + count)),
    close: async () => {}
  })
}

/** The numbers of a tensor from its bytes. */
export function decode({ dtype }: TensorEntry, { buffer }: Uint8Array<ArrayBuffer>): TensorData {
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
