import { createReadStream, createWriteStream, statSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import type { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"

/**
 * Arguments in which `-` stands for standard input, and any other pipe (`<(zcat data.gz)`) for what comes through it: each is laid into a file, so that every
 * command can look at it twice and note its hash. `remove` takes the files away again.
 */
export const withStandardInput = async (
  args: ReadonlyArray<string>,
  input: Readable
): Promise<{ readonly args: ReadonlyArray<string>; readonly remove: () => Promise<void> }> => {
  const isInput = (arg: string, at: number) => (arg === "-" || isPipe(arg)) && !outputs.has(args[at - 1] ?? "")
  const pipes = new Set(args.filter(isInput))
  if (pipes.size === 0) return { args, remove: async () => {} }
  const folder = await mkdtemp(join(tmpdir(), "nuner-"))
  const files = new Map(
    [...pipes].map((pipe, i) => [pipe, join(folder, pipe === "-" ? "stdin" : `${i}-${basename(pipe)}`)])
  )
  for (const [pipe, path] of files) {
    await pipeline(pipe === "-" ? input : createReadStream(pipe), createWriteStream(path))
  }
  return {
    args: args.map((arg, at) => (isInput(arg, at) ? files.get(arg)! : arg)),
    remove: () => rm(folder, { recursive: true, force: true })
  }
}

/** A text among the arguments is no name that a file could have. */
const isPipe = (argument: string): boolean => {
  try {
    return statSync(argument).isFIFO()
  } catch {
    return false
  }
}

const outputs = new Set(["-o", "--out"])
