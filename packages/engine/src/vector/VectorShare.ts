import { type Pointer, ptr, toArrayBuffer } from "bun:ffi"
import {
  addressesAt,
  block,
  compileKernels,
  granule,
  jobWidth,
  kernelAt,
  kernelNames,
  numbersAt,
  type Place,
  type Setup,
  scratch,
  unitsAt,
  vectorKernels,
  widthAt
} from "./kernels.ts"

/** One thread's share of the jobs: the same part of the units of each. */
export class VectorShare {
  /** Address of the memory's first byte. */
  readonly base: number
  readonly #bytes: number
  readonly #kernels: ReturnType<typeof compileKernels>
  readonly #blocks: Float32Array
  readonly #rows: Float64Array
  readonly #index: number
  readonly #threads: number

  constructor({ bytes, index, jobs, memory, threads }: Omit<Setup, "control">) {
    this.#bytes = bytes
    this.#index = index
    this.#threads = threads
    this.#kernels = compileKernels(memory)
    this.#blocks = new Float32Array(memory.buffer, 0, (threads * scratch) / 4)
    this.#rows = new Float64Array(jobs)
    this.base = ptr(this.#blocks)
  }

  /**
   * Works on the first `jobs`.
   *
   * @param sharers of the threads that work on them; where it is one, all units are its share
   */
  work(jobs: number, sharers = this.#threads): void {
    for (let job = 0; job < jobs; job++) this.#work(job * jobWidth, sharers)
  }

  #work(row: number, sharers: number): void {
    const rows = this.#rows
    const name = kernelNames[rows[row + kernelAt]!]!
    const places: ReadonlyArray<Place> = vectorKernels[name]
    const [units, width] = [rows[row + unitsAt]!, rows[row + widthAt]!]
    const share = Math.ceil(units / sharers / granule) * granule
    const [first, last] = [Math.min(this.#index * share, units), Math.min((this.#index + 1) * share, units)]
    const operands = places.map((place, i) => {
      const start = rows[row + addressesAt + i]! + (place === "sums" ? this.#index * width * 4 : 0)
      const away = start < this.base || start >= this.base + this.#bytes
      // Of one that lies elsewhere, where its blocks are copied to.
      const room = this.#index * scratch + i * block
      // From one unit to the next.
      const step = place === "each" ? 4 : place.endsWith("rows") ? width * 4 : 0
      return { place, start, step, room, away }
    })
    const outside = operands.filter(({ away }) => away)
    if (outside.some(({ place }) => place === "whole")) throw new RangeError("read whole, it must lie in this memory")
    for (const { place, start, room, away } of operands) {
      // Where one works for all, the sums of the others are zero.
      if (place === "sums") native(start, (this.#threads - sharers + 1) * width * 4).fill(0)
      if (away && (place === "shared" || place === "sums")) this.#copyIn(start, room, width * 4)
    }
    const most = outside.length > 0 ? Math.floor(block / (width * 4) / granule) * granule || 1 : last - first
    const numbers = rows.subarray(row + numbersAt, row + jobWidth)
    for (let unit = first; unit < last; unit += most) {
      const count = Math.min(most, last - unit)
      for (const { start, step, room } of outside) if (step > 0) this.#copyIn(start + unit * step, room, count * step)
      const addresses = operands.map(({ away, room, start, step }) => (away ? room : start + unit * step - this.base))
      this.#kernels[name](unit, count, ...addresses, ...numbers)
      for (const { place, start, step, room } of outside)
        if (place === "written rows") this.#copyOut(room, start + unit * step, count * step)
    }
    for (const { place, start, room } of outside) if (place === "sums") this.#copyOut(room, start, width * 4)
  }

  #copyIn(from: number, room: number, bytes: number): void {
    this.#blocks.set(native(from, bytes), room / 4)
  }

  #copyOut(room: number, to: number, bytes: number): void {
    native(to, bytes).set(this.#blocks.subarray(room / 4, (room + bytes) / 4))
  }
}

const native = (address: number, bytes: number) => new Float32Array(toArrayBuffer(address as Pointer, 0, bytes))
