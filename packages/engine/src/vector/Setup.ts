import { type VectorKernel, vectorKernels } from "./kernels.ts"

/** What a thread of `VectorThreads` is sent once. */
export interface Setup {
  readonly index: number
  readonly threads: number
  /** Pages of the memory: the first thread makes it and sends it to the others, from whom it comes through the port. */
  readonly memory: { readonly pages: number; readonly ports: readonly MessagePort[] } | { readonly port: MessagePort }
  readonly control: SharedArrayBuffer
  readonly jobs: SharedArrayBuffer
}

/** Numbers of `control`: requests made, threads that are done with the last one, jobs in it, whether one failed. */
export const [requests, finished, jobCount, failed] = [0, 1, 2, 3] as const

/** A row of `jobs`: kernel, units, width, addresses, numbers. */
export const [kernelAt, unitsAt, widthAt, addressesAt, numbersAt, jobWidth] = [0, 1, 2, 3, 11, 18] as const

export const kernelNames = Object.keys(vectorKernels) as readonly VectorKernel[]

/** Bytes of a block of an operand that lies outside the memory of the kernels: it is copied in, worked on, and copied back. */
export const block = 2 ** 18
/** Bytes that each thread has for such blocks. */
export const scratch = block * (numbersAt - addressesAt)

/** Units are dealt out to threads by so many, so that no two write to one vector. */
export const granule = 16
