import { type Pointer, ptr, toArrayBuffer } from "bun:ffi"
import { block, type Setup } from "./Setup.ts"

declare const self: Worker

// The other side of VectorWorker: waits for requests, and never returns to its event loop.
self.onmessage = ({ data }: MessageEvent<Setup>) => {
  const { loop, pages, control, jobs } = data
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(loop.module), { engine: { memory } })
  const run = exports.run as (...numbers: number[]) => void
  const base = ptr(new Uint8Array(memory.buffer))
  self.postMessage(base)

  const width = 1 + loop.operands + loop.scalars
  const rows = new Float64Array(jobs)
  const state = new Int32Array(control)
  for (let request = 0; ; ) {
    Atomics.wait(state, 0, request)
    request = Atomics.load(state, 0)
    let failed = 0
    try {
      for (let job = 0; job < state[2]!; job++) work([...rows.subarray(job * width, (job + 1) * width)])
    } catch {
      failed = 1
    }
    state[3] = failed
    Atomics.store(state, 1, request)
    Atomics.notify(state, 1)
  }

  function work([size, ...numbers]: number[]): void {
    const bytes = size! * 4
    const addresses = numbers.slice(0, loop.operands)
    const scalars = numbers.slice(loop.operands)
    const offsets = addresses.map((address) => address - base)
    const outside = offsets.flatMap((offset, i) => (offset >= 0 && offset < memory.buffer.byteLength ? [] : [i]))
    if (outside.length === 0) {
      run(bytes, ...offsets, ...scalars)
      return
    }
    for (let start = 0; start < bytes; start += block) {
      const length = Math.min(block, bytes - start)
      const here = (i: number) => new Uint8Array(memory.buffer, i * block, length)
      const there = (i: number) => new Uint8Array(toArrayBuffer((addresses[i]! + start) as Pointer, 0, length))
      for (const i of outside) here(i).set(there(i))
      run(length, ...offsets.map((offset, i) => (outside.includes(i) ? i * block : offset + start)), ...scalars)
      for (const i of outside) if (loop.written.includes(i)) there(i).set(here(i))
    }
  }
}
