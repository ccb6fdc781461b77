import { randomUUID } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, readdir, rename, rm } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { movedError } from "@nuner/engine"

/**
 * Lets `write` fill a fresh directory beside `directory`, then puts it in its place: as a whole where there was none, else file by file,
 * other files staying. Where `write` fails (a full disk), what was there before is untouched.
 */
export const replaceDirectory = async (
  directory: string,
  write: (temporary: string) => Promise<void>
): Promise<void> => {
  const target = resolve(directory)
  await mkdir(dirname(target), { recursive: true })
  const temporary = join(dirname(target), `.${basename(target)}.partial-${randomUUID()}`)
  await mkdir(temporary)
  try {
    await write(temporary)
    if (existsSync(target)) await moveFiles(temporary, target)
    else await rename(temporary, target)
  } catch (error) {
    throw movedError(error, temporary, directory)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

const moveFiles = async (from: string, to: string): Promise<void> => {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (entry.isDirectory()) await moveFiles(join(from, entry.name), join(to, entry.name))
    else await rename(join(from, entry.name), join(to, entry.name))
  }
}
