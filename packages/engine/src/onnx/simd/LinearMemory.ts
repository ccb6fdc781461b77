import { dlopen, type Pointer } from "bun:ffi"
import type { SystemMemory } from "../systemMemory.ts"
import { Ranges } from "./Ranges.ts"

const [adviseDontNeed, adviseHugePages] = [4, 14]

/** Hands out a range of addresses that takes memory only where it is written to; what does not fit is taken from `overflow`. Linux. */
export class LinearMemory implements SystemMemory {
  readonly #start: number
  readonly #end: number
  readonly #ranges: Ranges
  readonly #overflow: SystemMemory
  readonly #advise: (address: Pointer, bytes: number, advice: number) => number

  constructor(start: number, bytes: number, overflow: SystemMemory) {
    this.#start = start
    this.#end = start + bytes
    this.#ranges = new Ranges(start, start + bytes)
    this.#overflow = overflow
    const { madvise } = dlopen("libc.so.6", { madvise: { args: ["ptr", "u64", "i32"], returns: "i32" } }).symbols
    this.#advise = madvise
    madvise(start as Pointer, bytes, adviseHugePages)
  }

  take(bytes: number): number {
    return this.#ranges.take(bytes) ?? this.#overflow.take(bytes)
  }

  give(address: number, bytes: number): void {
    if (address < this.#start || address >= this.#end) {
      this.#overflow.give(address, bytes)
      return
    }
    this.#advise(address as Pointer, bytes, adviseDontNeed)
    this.#ranges.give(address, bytes)
  }
}
