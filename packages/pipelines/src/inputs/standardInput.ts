import { createWriteStream } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"

/**
 * Arguments in which `-` stands for standard input: it is laid into a file, so that every command can look at it twice and note its hash.
 * `remove` takes the file away again.
 */
export const withStandardInput = async (
  args: ReadonlyArray<string>,
  input: Readable
): Promise<{ readonly args: ReadonlyArray<string>; readonly remove: () => Promise<void> }> => {
  const isInput = (at: number) => args[at] === "-" && !outputs.has(args[at - 1] ?? "")
  if (!args.some((_, at) => isInput(at))) return { args, remove: async () => {} }
  const folder = await mkdtemp(join(tmpdir(), "nuner-"))
  const path = join(folder, "stdin")
  await pipeline(input, createWriteStream(path))
  return {
    args: args.map((arg, at) => (isInput(at) ? path : arg)),
    remove: () => rm(folder, { recursive: true, force: true })
  }
}

const outputs = new Set(["-o", "--out"])
