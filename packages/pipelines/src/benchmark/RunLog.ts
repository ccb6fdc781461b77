import { LineLog, readJsonl } from "@nuner/core"
import { Run } from "./Run.ts"

/** Runs that stand in a file already, and a way to add to them. */
export interface RunLog {
  /** By `fit`. */
  readonly runs: ReadonlyMap<string, Run>
  append(run: Run): void
}

/**
 * Opens a log of runs, JSON Lines; a last line that a killed process left unfinished is cut off. Without a path nothing is kept.
 *
 * @throws InputError naming file and line; OutputError for a name in `.gz`, which a run cannot be appended to
 */
export const openRunLog = async (path?: string): Promise<RunLog> => {
  if (path === undefined) return { runs: new Map(), append: () => {} }
  const log = LineLog.open(path)
  const runs = new Map<string, Run>()
  for await (const run of readJsonl(path, Run)) runs.set(run.fit, run)
  return { runs, append: (run) => log.append(JSON.stringify(run)) }
}
