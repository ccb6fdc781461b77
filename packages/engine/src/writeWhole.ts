import { open, rename, rm } from "node:fs/promises"
import { dirname } from "node:path"

/**
 * Writes a file beside its place, flushes it and gives it its name: the path holds the old file or the whole new one. Nothing is left behind where a
 * piece cannot be made or written.
 */
export const writeWhole = async (
  path: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
): Promise<void> => {
  const partial = `${path}.partial-${process.pid}-${Math.random().toString(36).slice(2)}`
  try {
    const file = await open(partial, "wx")
    try {
      for await (const bytes of pieces) {
        for (let done = 0; done < bytes.length; ) {
          done += (await file.write(bytes, done, Math.min(bytes.length - done, 2 ** 28))).bytesWritten
        }
      }
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

/** Makes a rename durable. Some systems cannot open a directory; there the rename is as durable as they make it. */
export const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(path, "r").catch(() => undefined)
  await directory?.sync().catch(() => undefined)
  await directory?.close()
}
