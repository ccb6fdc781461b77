import { existsSync } from "node:fs"
import { resolve } from "node:path"

/** The folder of real data (`$NUNER_DATA`, else `shared/data` beside the repository), or undefined where there is none. */
export const dataDir = (): string | undefined => {
  const directory = process.env.NUNER_DATA ?? resolve(import.meta.dir, "../../../../shared/data")
  return existsSync(directory) ? directory : undefined
}
