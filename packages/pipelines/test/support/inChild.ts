import { join } from "node:path"
import { $ } from "bun"
import type { Said } from "./inProcess.ts"

/** The command line's entry. */
export const cli = join(import.meta.dir, "../../src/cli.ts")

/** Runs the command line in a process of its own: for what is chosen once a process, as an engine is, or is the process itself. It takes a second longer. */
export const inChild = async (...args: ReadonlyArray<string>): Promise<Said> => {
  const { exitCode, stderr, stdout } = await $`bun ${cli} ${args}`.nothrow().quiet()
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() }
}
