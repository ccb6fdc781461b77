import { existsSync, mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { OutputError } from "../errors.ts"
import { messageOf } from "../thrown.ts"

/** SQLite's code for a database that another connection has locked. */
const BUSY = 5

/**
 * Takes the sole right to what `path` stands for, until it is given back or the process ends, however it ends: the lock is the operating
 * system's, on an empty SQLite database, which stays unless who holds it takes it away. Holds between processes of one machine, and within one process.
 *
 * @returns how to give it back, to be held on to: the lock goes with it; undefined: somebody else has it
 * @throws OutputError where no file can be made
 */
export const lockFile = async (path: string): Promise<(() => void) | undefined> => {
  const { DatabaseSync } = await import("node:sqlite")
  let database: InstanceType<typeof DatabaseSync> | undefined
  try {
    mkdirSync(dirname(path), { recursive: true })
    database = new DatabaseSync(path)
    // Somebody may only be looking whether it is taken.
    database.exec("pragma busy_timeout = 200; begin exclusive")
    const held = database
    if (existsSync(path)) return () => held.close()
    // Who had it took the file away while this one waited: what is held is nobody's any more.
    held.close()
    return lockFile(path)
  } catch (cause) {
    database?.close()
    if ((cause as { readonly errcode?: number }).errcode === BUSY) return undefined
    const reason = messageOf(cause)
    throw new OutputError({ path, reason, remedy: "check the permissions of the folder" })
  }
}
