import { type Pointer, ptr, toArrayBuffer } from "bun:ffi"
import { block, type Setup } from "./Setup.ts"

/** Requests between garbage collections; they run while the other side goes on. */
const collectEvery = 16

declare const self: Worker

// The other side of VectorWorker: waits for requests, and never returns to its event loop.
self.onmessage = ({ data }: MessageEvent<Setup>) => {
  const { loop, pages, control, jobs } = data
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(loop.module), { engine: { memory } })
  const run = exports.run as (...numbers: number[]) => void
  const base = ptr(new Uint8Array(memory.buffer))
  self.postMessage(base)

  const rows = new Float64Array(jobs)
  const state = new Int32Array(control)
  // Lists made once: this thread's collector counts the whole memory as used and would let garbage pile up.
  const operands = Array.from({ length: loop.operands }, (_, i) => i)
  const numbers = new Array<number>(1 + loop.operands + loop.scalars).fill(0)
  const within = (address: number) => address >= base && address < base + pages * 2 ** 16
  for (let request = 0; ; ) {
    Atomics.wait(state, 0, request)
    request = Atomics.load(state, 0)
    let failed = 0
    try {
      for (let job = 0; job < state[2]!; job++) work(job * numbers.length)
    } catch {
      failed = 1
    }
    state[3] = failed
    Atomics.store(state, 1, request)
    Atomics.notify(state, 1)
    if (request % collectEvery === 0) Bun.gc(true)
  }

  function work(row: number): void {
    for (let i = 0; i < numbers.length; i++) numbers[i] = rows[row + i]!
    const bytes = numbers[0]! * 4
    const outside = operands.some((i) => !within(numbers[1 + i]!))
    const size = outside ? block : bytes
    for (let start = 0; start < bytes; start += size) {
      const length = Math.min(size, bytes - start)
      numbers[0] = length
      for (const i of operands) {
        const address = rows[row + 1 + i]! + start
        numbers[1 + i] = within(address) ? address - base : i * block
        if (!within(address)) scratch(i, length).set(native(address, length))
      }
      run(...numbers)
      for (const i of loop.written) {
        const address = rows[row + 1 + i]! + start
        if (!within(address)) native(address, length).set(scratch(i, length))
      }
    }
  }

  function scratch(operand: number, bytes: number): Uint8Array {
    return new Uint8Array(memory.buffer, operand * block, bytes)
  }
}

const native = (address: number, bytes: number) => new Uint8Array(toArrayBuffer(address as Pointer, 0, bytes))
