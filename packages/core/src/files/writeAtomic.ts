import { randomUUID } from "node:crypto"
import { mkdir, open, readlink, rename, rm, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { finished } from "node:stream/promises"
import { createGzip } from "node:zlib"
import { codeOf } from "../thrown.ts"
import { OutputError } from "./OutputError.ts"

export { OutputError } from "./OutputError.ts"

/** A file that gets its name when all of it is written. Its failures are an `OutputError` that says what stood in the way. */
export interface AtomicFile {
  /** Adds a piece. */
  readonly write: (piece: string | Uint8Array) => Promise<void>
  /** Flushes it to the disk and renames it over the old one. Returns the number of bytes, packed where they are. */
  readonly commit: () => Promise<number>
  /** Gives it up: the old file is untouched. */
  readonly abandon: () => Promise<void>
}

/**
 * Begins a file that is to appear whole or not at all: it is written under another name beside its place. Missing folders are made. A path that
 * ends in `.gz` is packed with gzip on the way. What an earlier file of that name allows to others, the new one does, and no more.
 *
 * @param growing whether the file can be read while it grows, as `<path>.partial`: pieces stand there at once, and what there is stays when it is given up.
 * Default false: pieces of text are gathered, and an abandoned file is removed
 */
export const openAtomic = async (path: string, growing = false): Promise<AtomicFile> => {
  const temporary = growing ? `${path}.partial` : `${path}.${randomUUID().slice(0, 8)}.tmp`
  const named = async <A>(doing: Promise<A>): Promise<A> => {
    try {
      return await doing
    } catch (cause) {
      throw outputError(path, cause)
    }
  }
  await named(mkdir(dirname(path), { recursive: true }))
  const mode = await modeFor(path)
  const file = await named(open(temporary, growing ? "w" : "wx", mode))
  let total = 0
  const append = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; ) {
      at += (await file.write(bytes, at, Math.min(bytes.length - at, mostAtOnce))).bytesWritten
    }
    total += bytes.length
  }
  const gzip = path.endsWith(".gz") ? createGzip() : undefined
  const packed: Array<Uint8Array> = []
  gzip?.on("data", (bytes: Uint8Array) => packed.push(bytes))
  const add = async (bytes: Uint8Array) => {
    if (gzip === undefined) return append(bytes)
    await new Promise<void>((resolve) => gzip.write(bytes, () => resolve()))
    if (growing) await new Promise<void>((resolve) => gzip.flush(resolve))
    for (const piece of packed.splice(0)) await append(piece)
  }
  let held = ""
  const flush = async () => {
    const text = held
    held = ""
    if (text !== "") await add(encoder.encode(text))
  }
  return {
    write: (piece) =>
      named(
        (async () => {
          if (typeof piece === "string") held += piece
          if (typeof piece !== "string" || growing || held.length >= bufferSize) await flush()
          if (typeof piece !== "string") await add(piece)
        })()
      ),
    commit: () =>
      named(
        (async () => {
          await flush()
          if (gzip !== undefined) {
            await finished(gzip.end())
            for (const piece of packed.splice(0)) await append(piece)
          }
          await file.sync()
          await file.close()
          await rename(temporary, path)
          await syncFolder(dirname(path))
          return total
        })()
      ),
    abandon: async () => {
      gzip?.destroy()
      await file.close().catch(() => {})
      if (!growing || total === 0) await rm(temporary, { force: true }).catch(() => {})
    }
  }
}

/** Of the file that a new one takes the place of. @throws OutputError for a device or a pipe, which a rename would do away with */
const modeFor = async (path: string): Promise<number> => {
  const [there, link] = [await stat(path).catch(() => undefined), await readlink(path).catch(() => "")]
  if (link.startsWith("/proc/") || (there !== undefined && !there.isFile() && !there.isDirectory())) {
    throw new OutputError({ path, reason: "is a device or a pipe", remedy: "name a file" })
  }
  return there?.isFile() ? (there.mode & 0o777) | 0o200 : 0o666
}

const bufferSize = 1 << 16
/** Bytes of one write: systems refuse 2^31. */
const mostAtOnce = 2 ** 28
const encoder = new TextEncoder()

/**
 * Writes a file whole or not at all. When writing or the iterable fails, the old file is untouched. See `openAtomic`.
 *
 * @returns the number of bytes written, packed where they are
 * @throws OutputError that says what stood in the way: full disk, permissions, a folder at the path.
 */
export const writeAtomic = async (
  path: string,
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>
): Promise<number> => {
  const file = await openAtomic(path)
  try {
    for await (const piece of pieces) await file.write(piece)
    return await file.commit()
  } catch (cause) {
    await file.abandon()
    throw cause
  }
}

/** @throws OutputError where `path` ends in `.gz`, for a format that is not packed so. */
export const refuseGzip = (path: string, format: string): void => {
  if (!path.endsWith(".gz")) return
  const reason = `${format} is not written as gzip`
  throw new OutputError({ path, reason, remedy: "drop the .gz of its name" })
}

/** Makes the rename itself last; not every system lets a folder be opened. */
export const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, "r").catch(() => undefined)
  await folder?.sync().catch(() => {})
  await folder?.close()
}

/** A failure of the system to write as an `OutputError` with its remedy; any other cause as it is. */
export const outputError = (path: string, cause: unknown): unknown => {
  const code = codeOf(cause)
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
