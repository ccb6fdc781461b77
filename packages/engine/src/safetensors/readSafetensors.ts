import { type FileHandle, open } from "node:fs/promises"
import { SafetensorsError } from "../errors.ts"
import { type Bytes, openSafetensors, type SafetensorsFile } from "./SafetensorsFile.ts"

/**
 * Opens a safetensors file. Memory is the header and the tensor being read.
 *
 * @throws SafetensorsError where the header is no header, or lies about the data
 */
export const readSafetensors = (path: string): Promise<SafetensorsFile> =>
  openFile(path, (bytes) => openSafetensors(path, bytes))

/** Opens a file of weights by what reads its format, and closes it where that fails. */
export const openFile = async (
  path: string,
  read: (bytes: Bytes) => Promise<SafetensorsFile>
): Promise<SafetensorsFile> => {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    throw new SafetensorsError(path, error.code === "ENOENT" ? "no such file" : `cannot be opened (${error.code})`)
  })
  try {
    const { size } = await file.stat()
    return await read({
      size,
      read: (from, count) => readBytes(path, file, from, count),
      close: () => file.close()
    })
  } catch (error) {
    await file.close()
    throw error
  }
}

const readBytes = async (
  path: string,
  file: FileHandle,
  from: number,
  count: number
): Promise<Uint8Array<ArrayBuffer>> => {
  const bytes = new Uint8Array(count)
  for (let done = 0; done < count; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(count - done, 2 ** 28), from + done)
    if (bytesRead === 0) throw new SafetensorsError(path, `ends at byte ${from + done}: truncated while it was read`)
    done += bytesRead
  }
  return bytes
}
