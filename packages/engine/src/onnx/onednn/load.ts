import { dlopen } from "bun:ffi"
import { EngineError } from "../../EngineError.ts"

/** Binds functions of a library. @throws EngineError where it or one of them is missing. */
export function load<S extends Parameters<typeof dlopen>[1]>(path: string, functions: S) {
  try {
    return dlopen(path, functions).symbols
  } catch (error) {
    throw new EngineError(`Cannot load oneDNN from ${path}: ${error instanceof Error ? error.message : error}`)
  }
}
