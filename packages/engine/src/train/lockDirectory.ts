import { randomUUID } from "node:crypto"
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { hostname } from "node:os"
import { join } from "node:path"
import { codeOf } from "@nuner/core/thrown"
import { CheckpointError } from "../errors.ts"

/** The process that keeps its checkpoints in a directory. */
interface Owner {
  readonly pid: number
  readonly host: string
  /** When the process was started, where the system tells: process numbers are given again. */
  readonly started: string | undefined
}

/**
 * Takes a directory for one run: a file `.lock` that says which process has it. A process that was killed holds nothing, since whoever comes
 * next sees that it is gone. Not `lockFile` of @nuner/core: Node 20 has no SQLite, and another machine's run is refused here, not waited for.
 *
 * @returns gives the directory back
 * @throws CheckpointError where a living process has it, or one of another machine, of which nothing can be seen
 */
export const lockDirectory = async (directory: string): Promise<() => Promise<void>> => {
  const path = join(directory, ".lock")
  await mkdir(directory, { recursive: true })
  await take(directory, path, { pid: process.pid, host: hostname(), started: await startOf(process.pid) })
  return () => rm(path, { force: true })
}

const take = async (directory: string, path: string, me: Owner): Promise<void> => {
  const mine = `${path}-${randomUUID()}`
  await writeFile(mine, JSON.stringify(me))
  try {
    // A link is made whole or not at all, and never over another file.
    while (!(await did(link(mine, path), "EEXIST"))) {
      const owner = await ownerOf(path)
      if (owner === undefined) continue
      await refuseIfAlive(directory, path, owner)
      // Of several that find the same dead owner only one may put its own file in the place of the owner's: who has the lock beside it.
      const heir = `${path}-heir`
      await take(directory, heir, me)
      try {
        const now = await ownerOf(path)
        if (now?.pid === owner.pid && now.started === owner.started) return await rename(mine, path)
      } finally {
        await rm(heir, { force: true })
      }
    }
  } finally {
    await rm(mine, { force: true })
  }
}

const refuseIfAlive = async (directory: string, path: string, { host, pid, started }: Owner): Promise<void> => {
  const remedy = "wait for it, or give this run a directory of its own"
  if (host !== hostname()) {
    const reason = `is in use by process ${pid} on ${host}; ${remedy}; if that process is gone, remove ${path}`
    throw new CheckpointError(directory, reason)
  }
  if (isRunning(pid) && (await startOf(pid)) === started) {
    throw new CheckpointError(directory, `is in use by process ${pid}; ${remedy}`)
  }
}

/** Whether there is a process of that number, ours or another user's. */
const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === "EPERM"
  }
}

/** When a process was started, in ticks since the machine was (proc(5), field 22); "dead" where only its entry is left; undefined where the system has no /proc. */
const startOf = async (pid: number): Promise<string | undefined> => {
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined)
  // The name in brackets may hold spaces and brackets.
  const fields = line?.slice(line.lastIndexOf(")") + 2).split(" ")
  return fields?.[0] === "Z" || fields?.[0] === "X" ? "dead" : fields?.[19]
}

/** Undefined where the file has gone. One that a failing machine left broken is nobody's: a lock is written before it is linked. */
const ownerOf = async (path: string): Promise<Owner | undefined> => {
  const text = await readFile(path, "utf8").catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as Owner
  } catch {
    return { pid: process.pid, host: hostname(), started: "broken" }
  }
}

/** Whether it worked; false where it failed for that reason. */
const did = (work: Promise<void>, code: string): Promise<boolean> =>
  work.then(
    () => true,
    (error) => {
      if (codeOf(error) === code) return false
      throw error
    }
  )
