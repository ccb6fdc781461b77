import { mkdir, open, readFile, stat, unlink, utimes } from "node:fs/promises"
import { hostname } from "node:os"
import { dirname } from "node:path"

/** A holder refreshes its lock file this often; one four times older is dead. */
const refreshMs = 5_000

/** Runs `body` while no other process does so under the same path. A lock whose holder died is taken over. */
export const withLock = async <A>(path: string, body: () => Promise<A>): Promise<A> => {
  await mkdir(dirname(path), { recursive: true })
  while (!(await acquire(path))) {
    if (!((await isStale(path)) && (await removeStale(path)))) await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const refresh = setInterval(() => {
    const now = new Date()
    utimes(path, now, now).catch(() => {})
  }, refreshMs)
  try {
    return await body()
  } finally {
    clearInterval(refresh)
    await unlink(path).catch(() => {})
  }
}

/**
 * Of several that find the same dead holder only one may remove its file, and only while it is still that one: who has the lock beside it.
 *
 * @returns whether it was this one
 */
const removeStale = async (path: string): Promise<boolean> => {
  const heir = `${path}.heir`
  if (!(await acquire(heir))) {
    if (await isStale(heir)) await unlink(heir).catch(() => {})
    return false
  }
  try {
    if (await isStale(path)) await unlink(path).catch(() => {})
    return true
  } finally {
    await unlink(heir).catch(() => {})
  }
}

const acquire = async (path: string): Promise<boolean> => {
  try {
    const file = await open(path, "wx")
    await file.writeFile(`${hostname()} ${process.pid}`)
    await file.close()
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false
    throw cause
  }
}

const isStale = async (path: string): Promise<boolean> => {
  try {
    const { mtimeMs } = await stat(path)
    if (Date.now() - mtimeMs > 4 * refreshMs) return true
    const [host, pid] = (await readFile(path, "utf8")).split(" ")
    return host === hostname() && pid !== undefined && !isAlive(Number(pid))
  } catch {
    return false
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM"
  }
}
