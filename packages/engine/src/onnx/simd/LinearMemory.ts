import { dlopen, type Pointer, ptr } from "bun:ffi"
import type { SystemMemory } from "../systemMemory.ts"
import { Ranges } from "./Ranges.ts"

const wasmPage = 2 ** 16
/** All that a 32-bit address reaches. Only what is written to takes memory. */
const largest = 65_536
const [adviseDontNeed, adviseHugePages] = [4, 14]

/**
 * A WebAssembly memory that tensors live in, so that vector loops of our own reach the same numbers as ONNX Runtime. On Linux it spans
 * 4 GiB of addresses, and what does not fit is taken from `overflow`; elsewhere, where pages cannot be given back one by one,
 * it has room for scratch alone.
 */
export class LinearMemory implements SystemMemory {
  readonly memory: WebAssembly.Memory
  /** Bytes at the start that are never handed out. */
  readonly scratch: number
  readonly #base: number
  readonly #size: number
  readonly #overflow: SystemMemory
  readonly #ranges: Ranges | undefined
  readonly #advise: ((address: Pointer, bytes: number, advice: number) => number) | undefined

  constructor(overflow: SystemMemory, scratch: number, pages = process.platform === "linux" ? largest : 0) {
    const total = Math.max(pages, Math.ceil(scratch / wasmPage))
    // Shared memory never moves.
    this.memory = new WebAssembly.Memory({ initial: total, maximum: total, shared: true })
    this.scratch = scratch
    this.#overflow = overflow
    this.#base = ptr(new Uint8Array(this.memory.buffer))
    this.#size = total * wasmPage
    if (pages === 0) return
    const { madvise } = dlopen("libc.so.6", { madvise: { args: ["ptr", "u64", "i32"], returns: "i32" } }).symbols
    this.#advise = madvise
    this.#ranges = new Ranges(scratch, this.#size)
    madvise((this.#base + scratch) as Pointer, this.#size - scratch, adviseHugePages)
  }

  take(bytes: number): number {
    const start = this.#ranges?.take(bytes)
    return start === undefined ? this.#overflow.take(bytes) : this.#base + start
  }

  give(address: number, bytes: number): void {
    const start = this.offset(address)
    if (start === undefined) {
      this.#overflow.give(address, bytes)
    } else {
      this.#advise!(address as Pointer, bytes, adviseDontNeed)
      this.#ranges!.give(start, bytes)
    }
  }

  /** Where an address lies in the WebAssembly memory; undefined outside. */
  offset(address: number): number | undefined {
    const offset = address - this.#base
    return offset >= 0 && offset < this.#size ? offset : undefined
  }
}
