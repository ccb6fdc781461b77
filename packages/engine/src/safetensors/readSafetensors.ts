import { type FileHandle, open } from "node:fs/promises"
import { SafetensorsError } from "../errors.ts"
import { dtypes, type TensorData } from "./dtypes.ts"
import { fromBfloat16, fromFloat16 } from "./halfPrecision.ts"
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

/**
 * Opens a safetensors file. Memory is the header and the tensor being read.
 *
 * @throws SafetensorsError where the header is no header, or lies about the data
 */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    throw new SafetensorsError(path, error.code === "ENOENT" ? "no such file" : `cannot be opened (${error.code})`)
  })
  try {
    return await openFile(path, file)
  } catch (error) {
    await file.close()
    throw error
  }
}

async function openFile(path: string, file: FileHandle): Promise<SafetensorsFile> {
  const { size } = await file.stat()
  if (size < 8) throw new SafetensorsError(path, `${size} bytes are too few for a safetensors file`)
  const prefix = await readBytes(path, file, 0, 8)
  const length = new DataView(prefix.buffer).getBigUint64(0, true)
  if (length > BigInt(Math.min(maxHeaderBytes, size - 8))) {
    throw new SafetensorsError(path, `a header of ${length} bytes in a file of ${size}: not a safetensors file`)
  }
  const data = 8 + Number(length)
  const text = new TextDecoder().decode(await readBytes(path, file, 8, Number(length)))
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
      return decode(entry, await readBytes(path, file, data + entry.start, entry.end - entry.start))
    },
    close: () => file.close()
  }
}

function decode({ dtype }: TensorEntry, { buffer }: Uint8Array<ArrayBuffer>): TensorData {
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

async function readBytes(
  path: string,
  file: FileHandle,
  from: number,
  count: number
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(count)
  for (let done = 0; done < count; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(count - done, 2 ** 28), from + done)
    if (bytesRead === 0) throw new SafetensorsError(path, `ends at byte ${from + done}: truncated while it was read`)
    done += bytesRead
  }
  return bytes
}
