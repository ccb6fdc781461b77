import { existsSync } from "node:fs"
import { mkdir, open, rename, stat, unlink } from "node:fs/promises"
import { dirname } from "node:path"
import { InputError, messageOf } from "@nuner/core"
import type { HubCache } from "./HubCache.ts"
import { type HubFile, matchesEtag } from "./HubFile.ts"
import type { HubSettings } from "./HubSettings.ts"
import { idleTimer } from "./idleTimer.ts"
import { request } from "./request.ts"
import { withLock } from "./withLock.ts"

/** Cuts in a row without a byte of progress before giving up. */
const maxCuts = 5

/**
 * Brings a file into the cache as `blobs/<etag>`: resumes an interrupted download, checks ETag, size and content hash,
 * appears under its name only when whole. Two processes at once: one downloads, the other waits.
 *
 * @throws InputError
 */
export const downloadBlob = async (
  cache: HubCache,
  url: string,
  file: HubFile,
  settings: HubSettings
): Promise<void> => {
  const blob = cache.blob(file.etag)
  if (existsSync(blob)) return
  await mkdir(dirname(blob), { recursive: true })
  await withLock(`${cache.locks}/${file.etag}.nuner.lock`, async () => {
    if (existsSync(blob)) return
    const partial = `${blob}.incomplete`
    for (let attempt = 0; ; attempt++) {
      await fill(partial, url, file, settings)
      if (await matchesEtag(partial, file)) break
      await unlink(partial)
      if (attempt === 1) {
        throw new InputError({
          source: url,
          reason: `the content does not match its hash ${file.etag}, twice`,
          remedy: "a proxy may be altering it; try again later"
        })
      }
    }
    await rename(partial, blob)
  })
}

/** Downloads into `partial` from where it ends, until it has the file's size. */
const fill = async (partial: string, url: string, file: HubFile, settings: HubSettings): Promise<void> => {
  let cuts = 0
  for (;;) {
    const have = await sizeOf(partial)
    if (have === file.size) return
    if (have > file.size) await unlink(partial)
    const before = have > file.size ? 0 : have
    try {
      await append(partial, before, url, file, settings)
    } catch (cause) {
      if (cause instanceof InputError) throw cause
      cuts = (await sizeOf(partial)) > before ? 0 : cuts + 1
      if (cuts === maxCuts) {
        const why = messageOf(cause)
        throw new InputError({
          source: url,
          reason: `the download broke off at ${before} of ${file.size} bytes: ${why}`,
          remedy: "run again: it continues there"
        })
      }
    }
  }
}

const append = async (
  partial: string,
  from: number,
  url: string,
  file: HubFile,
  settings: HubSettings
): Promise<void> => {
  const idle = idleTimer(settings.timeoutSeconds)
  try {
    const range = from > 0 ? { Range: `bytes=${from}-` } : undefined
    const { response, etag } = await request(url, settings, range, idle)
    if (etag !== undefined && etag !== file.etag) {
      await response.body?.cancel()
      throw new InputError({
        source: url,
        reason: `the hub sends another file than it listed (ETag ${etag}, expected ${file.etag})`,
        remedy: "try again"
      })
    }
    // A server that knows no ranges starts over.
    const resumed = from > 0 && response.status === 206
    const handle = await open(partial, resumed ? "a" : "w")
    let size = resumed ? from : 0
    try {
      for await (const chunk of response.body ?? []) {
        idle.reset()
        size += chunk.length
        if (size > file.size) {
          await handle.truncate(0)
          throw new InputError({ source: url, reason: `more than the ${file.size} bytes that the hub listed` })
        }
        await handle.write(chunk)
      }
    } finally {
      await handle.close()
    }
    if (size < file.size) throw new Error("the connection closed early")
  } finally {
    idle.clear()
  }
}

const sizeOf = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).size
  } catch {
    return 0
  }
}
