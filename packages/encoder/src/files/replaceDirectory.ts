import { randomUUID } from "node:crypto"
import { existsSync, readdirSync, statSync } from "node:fs"
import { mkdir, readdir, rename, rm } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { OutputError } from "@nuner/core"
import { movedError } from "@nuner/engine"

/**
 * Lets `write` fill a fresh directory beside `directory`, then puts it in its place: as a whole where there was none, else file by file,
 * other files staying. Where `write` fails (a full disk), what was there before is untouched.
 *
 * @throws OutputError, as `checkModelDirectory`
 */
export const replaceDirectory = async (
  directory: string,
  write: (temporary: string) => Promise<void>
): Promise<void> => {
  checkModelDirectory(directory)
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

/** Weights or networks: what an earlier model leaves in its folder. */
const ofAModel = /\.safetensors$|\.onnx$|^onnx$/

/**
 * Whether a model may be written there: where nothing is, in an empty folder (hidden files aside), or over an earlier model.
 *
 * @throws OutputError for a file, and for a folder of other files, whose README.md or config.json would be lost
 */
export const checkModelDirectory = (directory: string): void => {
  if (!existsSync(directory)) return
  const refuse = (reason: string): never => {
    throw new OutputError({ path: directory, reason, remedy: "name another folder" })
  }
  if (!statSync(directory).isDirectory()) refuse("is a file, and a model is a folder")
  const names = readdirSync(directory)
    .sort()
    .filter((name) => !name.startsWith("."))
  if (names.length > 0 && !names.some((name) => ofAModel.test(name))) {
    refuse(`holds ${names.slice(0, 3).join(", ")}${names.length > 3 ? ", ..." : ""} and no model: it is something else`)
  }
}

const moveFiles = async (from: string, to: string): Promise<void> => {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (entry.isDirectory()) await moveFiles(join(from, entry.name), join(to, entry.name))
    else await rename(join(from, entry.name), join(to, entry.name))
  }
}
