import { module } from "./module.ts"

/**
 * How a kernel sees an operand. "rows": `width` numbers a unit, read or written; "each": one number a unit; "shared": `width` numbers for all units;
 * "sums": `width` numbers that every unit adds to, each thread to its own; "whole": read wherever the kernel likes, which the memory of the threads must hold.
 */
export type Place = "rows" | "written rows" | "each" | "shared" | "sums" | "whole"

/** The kernels of `assembly/kernels.ts` with their operands; what else they take are numbers. A kernel of single numbers has rows of one. */
export const vectorKernels = {
  adamw: ["written rows", "written rows", "written rows", "rows"],
  dropout: ["rows", "written rows"],
  geluGrad: ["rows", "rows", "rows", "written rows"],
  layerNormGrad: ["rows", "rows", "shared", "each", "each", "written rows", "sums", "sums"],
  segmentSum: ["whole", "whole", "written rows"],
  softmaxGrad: ["rows", "rows", "written rows"]
} as const satisfies Record<string, ReadonlyArray<Place>>

export type VectorKernel = keyof typeof vectorKernels

/** The kernels over a memory: of the first unit's number, units, addresses, numbers. */
type CompiledKernels = Record<VectorKernel, (...values: Array<number>) => void>

export const compileKernels = (memory: WebAssembly.Memory): CompiledKernels => {
  const bytes = Uint8Array.from(atob(module), (letter) => letter.charCodeAt(0))
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as CompiledKernels
}

/** What a thread of `VectorThreads` is sent once. */
export interface Setup {
  /** Which of the threads it is; 0 is JavaScript's own. */
  readonly index: number
  readonly threads: number
  readonly memory: WebAssembly.Memory
  /** From its first one on, how many bytes kernels reach. */
  readonly bytes: number
  readonly control: SharedArrayBuffer
  readonly jobs: SharedArrayBuffer
}

/** Numbers of `control`: requests made, other threads that are done with the last one, jobs in it, whether one failed. */
export const [requests, finished, jobCount, failed] = [0, 1, 2, 3] as const

/** A row of `jobs`: kernel, units, width, addresses, numbers. */
export const [kernelAt, unitsAt, widthAt, addressesAt, numbersAt, jobWidth] = [0, 1, 2, 3, 11, 18] as const

export const kernelNames = Object.keys(vectorKernels) as ReadonlyArray<VectorKernel>

/** Bytes of a block of an operand that lies outside the memory of the kernels: it is copied in, worked on, and copied back. */
export const block = 2 ** 18
/** Bytes that each thread has for such blocks. */
export const scratch = block * (numbersAt - addressesAt)

/** Units are dealt out to threads by so many, so that no two write to one vector. */
export const granule = 16
