import { type FileHandle, open, rename, rm } from "node:fs/promises"
import { dirname } from "node:path"
import { SafetensorsError } from "../errors.ts"
import { sweeper } from "../memory.ts"
import { bytesOf, type Dtype, dtypes, type TensorData, toBfloat16, toFloat16 } from "./dtypes.ts"
import { encodeHeader, type TensorEntry } from "./SafetensorsFile.ts"

/** A tensor to be written. `data` is called when its turn comes, and its numbers are let go before the next one's. */
export interface TensorSource {
  readonly name: string
  /** F16 and BF16 round float32 numbers to nearest, ties to even. */
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly data: () => TensorData | Promise<TensorData>
}

/**
 * Writes a safetensors file: beside it first, then flushed and renamed, so that the path holds the old file or the whole new one. Tensors
 * are laid out as the reference implementation does, wide dtypes first, then by name. Memory is the tensor being written.
 *
 * @param metadata texts for the header's `__metadata__`
 * @throws SafetensorsError for a name given twice or data that does not fit its shape; nothing is left behind
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorSource>,
  metadata: Readonly<Record<string, string>> = {}
): Promise<void> {
  const rank = ({ dtype }: TensorSource) => dtypes.indexOf(dtype)
  const sources = [...tensors].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
  const entries = layOut(path, sources)
  const partial = `${path}.partial-${process.pid}-${Math.random().toString(36).slice(2)}`
  try {
    const file = await open(partial, "wx")
    try {
      await writeBytes(file, encodeHeader({ metadata, entries }))
      const release = sweeper(2 ** 24)
      const write = async (source: TensorSource): Promise<number> => {
        const bytes = encode(path, source, await source.data())
        await writeBytes(file, bytes)
        return bytes.length
      }
      for (const source of sources) release(await write(source))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  await syncDirectory(dirname(path))
}

function layOut(path: string, sources: readonly TensorSource[]): TensorEntry[] {
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

function encode(path: string, { name, dtype, shape }: TensorSource, data: TensorData): Uint8Array {
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

async function writeBytes(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, Math.min(bytes.length - done, 2 ** 28))
    done += bytesWritten
  }
}

/** Makes a rename durable. Some systems cannot open a directory; there the rename is as durable as they make it. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r").catch(() => undefined)
  await directory?.sync().catch(() => undefined)
  await directory?.close()
}
