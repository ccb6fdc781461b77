import { randomUUID } from "node:crypto"
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises"
import { dirname } from "node:path"
import { pipeline, Readable } from "node:stream"
import { createGzip } from "node:zlib"
import { OutputError } from "../errors.ts"

/**
 * Writes a file whole or not at all: into a temporary file beside it, flushed to the disk, then renamed over the old one. When
 * writing or the iterable fails, the old file is untouched and the temporary one is removed. Missing folders are made. A path that ends
 * in `.gz` is packed with gzip on the way.
 *
 * @returns the number of bytes written, packed where they are
 * @throws OutputError that says what stood in the way: full disk, permissions, a folder at the path.
 */
export const writeAtomic = async (
  path: string,
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>
): Promise<number> => {
  const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`
  const failed = (cause: unknown) => outputError(path, cause)
  await mkdir(dirname(path), { recursive: true }).catch((cause) => Promise.reject(failed(cause)))
  const file = await open(temporary, "wx").catch((cause) => Promise.reject(failed(cause)))
  try {
    const packed = path.endsWith(".gz")
    const bytes = await fill(file, packed ? pipeline(Readable.from(pieces), createGzip(), () => {}) : pieces, failed)
    await file.sync().catch((cause) => Promise.reject(failed(cause)))
    await file.close()
    await rename(temporary, path).catch((cause) => Promise.reject(failed(cause)))
    await syncFolder(dirname(path))
    return bytes
  } catch (cause) {
    await file.close().catch(() => {})
    await rm(temporary, { force: true }).catch(() => {})
    throw cause
  }
}

/** @throws OutputError where `path` ends in `.gz`, for a format that is not packed so. */
export const refuseGzip = (path: string, format: string): void => {
  if (!path.endsWith(".gz")) return
  const reason = `${format} is not written as gzip`
  throw new OutputError({ path, reason, remedy: "drop the .gz of its name" })
}

const bufferSize = 1 << 16

const fill = async (
  file: FileHandle,
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  failed: (cause: unknown) => unknown
): Promise<number> => {
  let total = 0
  let held = ""
  const write = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, at).catch((cause) => Promise.reject(failed(cause)))
      at += bytesWritten
    }
    total += bytes.length
  }
  const encoder = new TextEncoder()
  const flush = async () => {
    const bytes = encoder.encode(held)
    held = ""
    await write(bytes)
  }
  for await (const piece of pieces) {
    if (typeof piece === "string") {
      held += piece
      if (held.length >= bufferSize) await flush()
    } else {
      await flush()
      await write(piece)
    }
  }
  await flush()
  return total
}

/** Makes the rename itself last; not every system lets a folder be opened. */
const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, "r").catch(() => undefined)
  await folder?.sync().catch(() => {})
  await folder?.close()
}

/** A failure of the system to write as an `OutputError` with its remedy; any other cause as it is. */
export const outputError = (path: string, cause: unknown): unknown => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
  const known = causes[code]
  return known === undefined ? cause : new OutputError({ path, ...known })
}

const kept = "the earlier file, if there was one, is intact"
const causes: Record<string, { reason: string; remedy: string }> = {
  ENOSPC: { reason: "the disk is full", remedy: `free space or write elsewhere; ${kept}` },
  EDQUOT: { reason: "the disk quota is used up", remedy: `free space or write elsewhere; ${kept}` },
  EFBIG: { reason: "the file grew over the allowed size", remedy: `raise the limit or write elsewhere; ${kept}` },
  EACCES: { reason: "not writable", remedy: "check the permissions of the folder" },
  EPERM: { reason: "not writable", remedy: "check the permissions of the folder" },
  EROFS: { reason: "on a read-only disk", remedy: "write elsewhere" },
  EISDIR: { reason: "is a folder", remedy: "name a file" },
  EEXIST: { reason: "a part of the path is a file", remedy: "name another folder" },
  ENOTDIR: { reason: "a part of the path is a file", remedy: "name another folder" },
  ENAMETOOLONG: { reason: "the name is too long", remedy: "name it shorter" }
}
