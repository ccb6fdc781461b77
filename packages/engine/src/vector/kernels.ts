import { module } from "./module.ts"

/**
 * How a kernel sees an operand. "rows": `width` numbers a unit, read or written; "each": one number a unit; "shared": `width` numbers for all units;
 * "sums": `width` numbers that every unit adds to, each thread to its own.
 */
export type Place = "rows" | "written rows" | "each" | "shared" | "sums"

/** The kernels of `assembly/kernels.ts` with their operands; what else they take are numbers. A kernel of single numbers has rows of one. */
export const vectorKernels = {
  adamw: ["written rows", "written rows", "written rows", "rows"],
  dropout: ["rows", "written rows"],
  geluGrad: ["rows", "rows", "written rows"],
  layerNormGrad: ["rows", "rows", "shared", "each", "each", "written rows", "sums", "sums"],
  softmaxGrad: ["rows", "rows", "written rows"]
} as const satisfies Record<string, readonly Place[]>

export type VectorKernel = keyof typeof vectorKernels

/** The kernels over a memory: of the first unit's number, units, addresses, numbers. */
export type CompiledKernels = Record<VectorKernel, (...values: number[]) => void>

export const compileKernels = (memory: WebAssembly.Memory): CompiledKernels => {
  const bytes = Uint8Array.from(atob(module), (letter) => letter.charCodeAt(0))
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as CompiledKernels
}
