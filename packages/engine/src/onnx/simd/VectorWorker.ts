import { EngineError } from "../../EngineError.ts"
import type { NativeBuffer } from "../BufferPool.ts"
import { block, type Setup } from "./Setup.ts"
import type { VectorLoop } from "./vectorLoop.ts"

const wasmPage = 2 ** 16
/** All that a 32-bit address reaches; other systems than Linux cannot give single pages back, and get scratch alone. */
const allPages = process.platform === "linux" ? 65_536 : 0
const jobsAtOnce = 256

/** Buffers of `size` numbers each, and the loop's scalars. */
export interface Job {
  readonly buffers: readonly NativeBuffer[]
  readonly size: number
  readonly scalars: readonly number[]
}

/**
 * A thread that runs a vector loop over native memory, and owns a WebAssembly memory of up to 4 GiB of addresses for tensors to live in:
 * there the loop works in place; elsewhere it copies blocks in and out. It has a thread of its own because JavaScript
 * counts all those addresses as used memory, and would no longer collect garbage.
 */
export class VectorWorker {
  /** First address, and extent, of the memory for tensors. */
  readonly start: number
  readonly bytes: number
  readonly #loop: VectorLoop
  readonly #state: Int32Array
  readonly #rows: Float64Array

  private constructor(base: number, scratch: number, loop: VectorLoop, { control, jobs, pages }: Setup) {
    this.start = base + scratch
    this.bytes = Math.max(0, pages * wasmPage - scratch)
    this.#loop = loop
    this.#state = new Int32Array(control)
    this.#rows = new Float64Array(jobs)
  }

  /** @throws EngineError where a thread or the memory cannot be had. */
  static async start(loop: VectorLoop, pages = allPages): Promise<VectorWorker> {
    const scratch = loop.operands * block
    const setup: Setup = {
      loop,
      pages: Math.max(pages, scratch / wasmPage),
      control: new SharedArrayBuffer(16),
      jobs: new SharedArrayBuffer(jobsAtOnce * (1 + loop.operands + loop.scalars) * 8)
    }
    const worker = new Worker(new URL("./worker.ts", import.meta.url))
    const base = await new Promise<number>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data)
      worker.onerror = ({ message }) =>
        reject(new EngineError(`The thread of the optimizer does not start: ${message}`))
      worker.postMessage(setup)
    })
    // Bun's own: it does not keep the process alive.
    ;(worker as unknown as { unref(): void }).unref()
    return new VectorWorker(base, scratch, loop, setup)
  }

  /** Returns when all jobs are done. Buffers are written up to a whole vector of four numbers. */
  run(jobs: readonly Job[]): void {
    const width = 1 + this.#loop.operands + this.#loop.scalars
    for (let first = 0; first < jobs.length; first += jobsAtOnce) {
      const some = jobs.slice(first, first + jobsAtOnce)
      for (const [i, { buffers, size, scalars }] of some.entries()) {
        this.#rows.set([size, ...buffers.map(({ address }) => address), ...scalars], i * width)
      }
      this.#state[2] = some.length
      const request = Atomics.add(this.#state, 0, 1) + 1
      Atomics.notify(this.#state, 0)
      while (Atomics.load(this.#state, 1) !== request) Atomics.wait(this.#state, 1, request - 1)
      if (this.#state[3] !== 0) throw new EngineError("adamw: the optimizer's thread failed")
    }
  }
}
