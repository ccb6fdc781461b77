import { dlopen, type Pointer } from "bun:ffi"
import type { SystemMemory } from "./systemMemory.ts"

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

interface Range {
  start: number
  end: number
}

/** Which parts of an address space are free: best fit, neighbours joined. */
export class Ranges {
  /** In ascending order; no two touch. */
  readonly #free: Range[]

  constructor(start: number, end: number) {
    this.#free = [{ start, end }]
  }

  /** The start of `bytes` free bytes, or undefined where no gap is that wide. */
  take(bytes: number): number | undefined {
    let best: Range | undefined
    for (const range of this.#free) {
      const width = range.end - range.start
      if (width >= bytes && (best === undefined || width < best.end - best.start)) best = range
    }
    if (best === undefined) return undefined
    const { start } = best
    best.start += bytes
    if (best.start === best.end) this.#free.splice(this.#free.indexOf(best), 1)
    return start
  }

  give(start: number, bytes: number): void {
    const end = start + bytes
    let at = this.#free.findIndex((range) => range.start >= end)
    if (at < 0) at = this.#free.length
    const [before, after] = [this.#free[at - 1], this.#free[at]]
    const [joinsBefore, joinsAfter] = [before?.end === start, after?.start === end]
    if (joinsBefore && joinsAfter) {
      before!.end = after!.end
      this.#free.splice(at, 1)
    } else if (joinsBefore) before!.end = end
    else if (joinsAfter) after!.start = start
    else this.#free.splice(at, 0, { start, end })
  }
}
