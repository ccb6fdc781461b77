import { dlopen, type Pointer } from "bun:ffi"
import { EngineError } from "../errors.ts"
import type { OrtApi } from "./OrtApi.ts"

/** Memory taken from the operating system, outside the JavaScript heap. */
export interface SystemMemory {
  /** An address of at least `bytes` bytes, aligned to 64. @throws EngineError where the system has no more. */
  take(bytes: number): number
  give(address: number, bytes: number): void
}

const hugePage = 2 ** 21
const readWrite = 3

const libc = { linux: "libc.so.6", darwin: "libc.dylib" } as Record<string, string>

/** Anonymous mappings where the system has them (on Linux with huge pages: 10 % of a training step), else ORT's allocator. */
export const systemMemory = (api: OrtApi): SystemMemory => {
  const name = libc[process.platform]
  return name ? mappedMemory(name, process.platform === "linux") : allocatorMemory(api)
}

/** Makes the C library give back what was freed inside it, which glibc keeps; elsewhere nothing. */
export const heapTrimmer = (): (() => void) => {
  if (process.platform !== "linux") return () => {}
  const { malloc_trim } = dlopen(libc.linux!, { malloc_trim: { args: ["u64"], returns: "i32" } }).symbols
  return () => void malloc_trim(0)
}

const adviseDontNeed = 4
const adviseHugePages = 14

let madvise: ((address: number, bytes: number, advice: number) => number) | undefined

/** Tells the system what a range of pages is for. Linux. */
const advise = (address: number, bytes: number, advice: number): void => {
  madvise ??= dlopen(libc.linux!, { madvise: { args: ["u64", "u64", "i32"], returns: "i32" } }).symbols.madvise
  madvise(address, bytes, advice)
}

/** Has addresses lie on huge pages as they are first written to. Linux. */
export const askForHugePages = (address: number, bytes: number): void => {
  const start = Math.ceil(address / hugePage) * hugePage
  const whole = Math.floor((address + bytes - start) / hugePage)
  if (whole > 0) advise(start, whole * hugePage, adviseHugePages)
}

const mappedMemory = (library: string, linux: boolean): SystemMemory => {
  const { mmap, munmap } = dlopen(library, {
    mmap: { args: ["u64", "u64", "i32", "i32", "i32", "i64"], returns: "i64" },
    munmap: { args: ["ptr", "u64"], returns: "i32" }
  }).symbols
  const privateAnonymous = linux ? 0x22 : 0x1002
  /** Where a mapping was widened to start on a huge page: its true start and size. */
  const widened = new Map<number, readonly [address: number, bytes: number]>()
  return {
    take(bytes) {
      const huge = linux && bytes >= hugePage
      const asked = huge ? bytes + hugePage : bytes
      const start = Number(mmap(0, asked, readWrite, privateAnonymous, -1, 0))
      if (start <= 0) throw outOfMemory(bytes)
      if (!huge) return start
      const address = Math.ceil(start / hugePage) * hugePage
      widened.set(address, [start, asked])
      askForHugePages(address, bytes)
      return address
    },
    give(address, bytes) {
      const [start, size] = widened.get(address) ?? [address, bytes]
      widened.delete(address)
      munmap(start as Pointer, size)
    }
  }
}

const allocatorMemory = (api: OrtApi): SystemMemory => {
  const allocator = api.create("GetAllocatorWithDefaultOptions")
  return {
    take(bytes) {
      try {
        return api.create("AllocatorAlloc", allocator, bytes)
      } catch {
        throw outOfMemory(bytes)
      }
    },
    give: (address) => api.call("AllocatorFree", allocator, address)
  }
}

const outOfMemory = (bytes: number): EngineError => {
  const megabytes = Math.ceil(bytes / 2 ** 20)
  return new EngineError(`Out of memory: the system refused ${megabytes} MB; use a smaller batch or shorter sentences`)
}

/** Hands out a range of addresses that takes memory only where it is written to; what does not fit is taken from `overflow`. Linux. */
export class LinearMemory implements SystemMemory {
  readonly #start: number
  readonly #end: number
  readonly #ranges: Ranges
  readonly #overflow: SystemMemory

  constructor(start: number, bytes: number, overflow: SystemMemory) {
    this.#start = start
    this.#end = start + bytes
    this.#ranges = new Ranges(start, start + bytes)
    this.#overflow = overflow
    askForHugePages(start, bytes)
  }

  take(bytes: number): number {
    return this.#ranges.take(bytes) ?? this.#overflow.take(bytes)
  }

  give(address: number, bytes: number): void {
    if (address < this.#start || address >= this.#end) {
      this.#overflow.give(address, bytes)
      return
    }
    advise(address, bytes, adviseDontNeed)
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
  readonly #free: Array<Range>

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
