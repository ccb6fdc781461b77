import { readdirSync } from "node:fs"
import { join } from "node:path"
import { EngineError } from "../../EngineError.ts"

/** Where distributions put it; LD_LIBRARY_PATH goes before. */
const folders = ["/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"]

/** What to run to get the library. */
export const remedy =
  "`apt install libdnnl2` (Debian 12, Ubuntu 22.04; libdnnl3.6 on Debian 13), or set NUNER_ONEDNN to the path of libdnnl.so"

/**
 * The oneDNN library: the file that NUNER_ONEDNN names, else the newest `libdnnl.so.<2 or 3>` on the library path.
 *
 * @throws EngineError where there is none, or where the system is not Linux on x64.
 */
export function findOneDnn(
  environment: Record<string, string | undefined> = process.env,
  system: string = `${process.platform} ${process.arch}`
): string {
  if (system !== "linux x64") throw new EngineError(`bf16 runs on Linux x64 only, not on ${system}`)
  if (environment.NUNER_ONEDNN) return environment.NUNER_ONEDNN
  const searched = [...(environment.LD_LIBRARY_PATH ?? "").split(":").filter((folder) => folder !== ""), ...folders]
  for (const folder of searched) {
    const [newest] = files(folder)
      .filter((name) => /^libdnnl\.so\.[23](\.\d+)*$/.test(name))
      .sort((a, b) => b.localeCompare(a, "en", { numeric: true }))
    if (newest !== undefined) return join(folder, newest)
  }
  throw new EngineError(`bf16 needs the library oneDNN, which is not here: ${remedy}`)
}

function files(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
