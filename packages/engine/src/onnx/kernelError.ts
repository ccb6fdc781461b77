import { EngineError } from "../EngineError.ts"
import type { Operand } from "./Kernel.ts"

/** What went wrong in a kernel, led by its name and operands, as in `Add(float32[2,3], float32[4,5]): ...`. */
export function kernelError(name: string, operands: readonly Operand[], error: unknown): EngineError {
  const shapes = operands.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(", ")
  return new EngineError(`${name}(${shapes}): ${error instanceof Error ? error.message : error}`)
}
