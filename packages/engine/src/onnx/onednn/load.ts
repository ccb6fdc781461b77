import { dlopen } from "bun:ffi"
import { EngineError } from "../../EngineError.ts"
import { remedy } from "./findOneDnn.ts"

/** Binds functions of a library. @throws EngineError where it or one of them is missing. */
export function load<S extends Parameters<typeof dlopen>[1]>(path: string, functions: S) {
  try {
    return dlopen(path, functions).symbols
  } catch (error) {
    const reason = error instanceof Error ? error.message : error
    throw new EngineError(`Cannot load oneDNN from ${path}: ${reason}; ${remedy}`)
  }
}
