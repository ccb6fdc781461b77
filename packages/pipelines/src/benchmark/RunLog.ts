import { appendFile, mkdir, truncate } from "node:fs/promises"
import { dirname } from "node:path"
import { readJsonl, refuseGzip } from "@nuner/core"
import { Run } from "./Run.ts"

/** Runs that stand in a file already, and a way to add to them. */
export interface RunLog {
  /** By `fit`. */
  readonly runs: ReadonlyMap<string, Run>
  append(run: Run): Promise<void>
}

/**
 * Opens a log of runs, JSON Lines; a last line that a killed process left unfinished is cut off. Without a path nothing is kept.
 *
 * @throws InputError naming file and line; OutputError for a name in `.gz`, which a run cannot be appended to
 */
export const openRunLog = async (path?: string): Promise<RunLog> => {
  if (path === undefined) return { runs: new Map(), append: async () => {} }
  refuseGzip(path, "a log of runs")
  await mkdir(dirname(path), { recursive: true })
  const runs = new Map<string, Run>()
  if (await Bun.file(path).exists()) {
    const bytes = Buffer.from(await Bun.file(path).arrayBuffer())
    const end = bytes.lastIndexOf("\n") + 1
    if (end < bytes.length) await truncate(path, end)
    for await (const run of readJsonl(path, Run)) runs.set(run.fit, run)
  }
  return { runs, append: (run) => appendFile(path, `${JSON.stringify(run)}\n`) }
}
