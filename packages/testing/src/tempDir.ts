import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A fresh empty folder that is removed at the end of the scope: `using dir = tempDir()`, then `dir.path`. */
export const tempDir = (): { readonly path: string; file(name: string): string; [Symbol.dispose](): void } => {
  const path = mkdtempSync(join(tmpdir(), "nuner-"))
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true })
  }
}
