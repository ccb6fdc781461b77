import { type Pointer, ptr, toArrayBuffer } from "bun:ffi"
import {
  addressesAt,
  block,
  compileKernels,
  failed,
  finished,
  granule,
  jobCount,
  jobWidth,
  kernelAt,
  kernelNames,
  numbersAt,
  type Place,
  requests,
  type Setup,
  scratch,
  unitsAt,
  vectorKernels,
  widthAt
} from "./kernels.ts"

declare const self: Worker

/** Requests between garbage collections: this thread's collector counts the whole memory as used, and would let garbage pile up. */
const collectEvery = 1024

// The other side of VectorThreads: waits for requests, and never returns to its event loop.
self.onmessage = ({ data }: MessageEvent<Setup>) => {
  const { memory: source } = data
  if ("port" in source) {
    source.port.onmessage = ({ data: memory }) => serve(memory, data)
    return
  }
  const { pages, ports } = source
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  for (const port of ports) port.postMessage(memory)
  serve(memory, data)
}

const serve = (memory: WebAssembly.Memory, { control, index, jobs, threads }: Setup): void => {
  const kernels = compileKernels(memory)
  const all = new Float32Array(memory.buffer)
  const base = ptr(all)
  self.postMessage(base)
  const rows = new Float64Array(jobs)
  const state = new Int32Array(control)
  const within = (address: number) => address >= base && address < base + memory.buffer.byteLength
  const copyIn = (from: number, room: number, bytes: number): void => {
    all.set(native(from, bytes), room / 4)
  }

  const copyOut = (room: number, to: number, bytes: number): void => {
    native(to, bytes).set(all.subarray(room / 4, (room + bytes) / 4))
  }

  const work = (row: number): void => {
    const name = kernelNames[rows[row + kernelAt]!]!
    const places: ReadonlyArray<Place> = vectorKernels[name]
    const [units, width] = [rows[row + unitsAt]!, rows[row + widthAt]!]
    const share = Math.ceil(units / threads / granule) * granule
    const [first, last] = [Math.min(index * share, units), Math.min((index + 1) * share, units)]
    /** Bytes of an operand from one unit to the next. */
    const step = (place: Place) => (place === "each" ? 4 : place.endsWith("rows") ? width * 4 : 0)
    const operands = places.map((place, i) => {
      const start = rows[row + addressesAt + i]! + (place === "sums" ? index * width * 4 : 0)
      const room = index * scratch + i * block
      return { place, start, step: step(place), room, away: !within(start) }
    })
    const outside = operands.filter(({ away }) => away)
    if (outside.some(({ place }) => place === "whole")) throw new RangeError("read whole, it must lie in this memory")
    for (const { place, start, room, away } of operands) {
      if (place === "sums") all.fill(0, (away ? room : start - base) / 4, (away ? room : start - base) / 4 + width)
      else if (place === "shared" && away) copyIn(start, room, width * 4)
    }
    const most = outside.length > 0 ? Math.floor(block / (width * 4) / granule) * granule || 1 : last - first
    for (let unit = first; unit < last; unit += most) {
      const count = Math.min(most, last - unit)
      for (const { start, step, room } of outside) if (step > 0) copyIn(start + unit * step, room, count * step)
      const addresses = operands.map(({ away, room, start, step }) => (away ? room : start + unit * step - base))
      kernels[name](unit, count, ...addresses, ...rows.subarray(row + numbersAt, row + jobWidth))
      for (const { place, start, step, room } of outside)
        if (place === "written rows") copyOut(room, start + unit * step, count * step)
    }
    for (const { place, start, room } of outside) if (place === "sums") copyOut(room, start, width * 4)
  }

  for (let request = 0; ; ) {
    Atomics.wait(state, requests, request)
    request = Atomics.load(state, requests)
    try {
      for (let job = 0; job < state[jobCount]!; job++) work(job * jobWidth)
    } catch {
      Atomics.store(state, failed, 1)
    }
    if (Atomics.add(state, finished, 1) + 1 === threads) Atomics.notify(state, finished)
    if (request % collectEvery === 0) Bun.gc(true)
  }
}

const native = (address: number, bytes: number) => new Float32Array(toArrayBuffer(address as Pointer, 0, bytes))
