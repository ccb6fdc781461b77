import { EngineError } from "../errors.ts"
import {
  addressesAt,
  failed,
  finished,
  jobCount,
  jobWidth,
  kernelAt,
  kernelNames,
  numbersAt,
  requests,
  type Setup,
  scratch,
  unitsAt,
  type VectorKernel,
  widthAt
} from "./kernels.ts"

const wasmPage = 2 ** 16
/** All that a 32-bit address reaches; other systems than Linux cannot give single pages back, and get scratch alone. */
const allPages = process.platform === "linux" ? 65_536 : 0
const jobsAtOnce = 256
/** The kernels wait for memory more than they compute. */
const mostThreads = 8

export interface VectorJob {
  readonly kernel: VectorKernel
  readonly units: number
  /** Numbers of a row. Default 1 */
  readonly width?: number
  readonly addresses: ReadonlyArray<number>
  readonly numbers?: ReadonlyArray<number>
}

/**
 * Threads that run vector kernels over native memory, and a WebAssembly memory of up to 4 GiB of addresses for tensors to live in: there kernels work
 * in place; elsewhere blocks are copied in and out. They are threads of their own because JavaScript counts all those addresses as used
 * memory, and would hardly collect garbage on the main thread.
 */
export class VectorThreads {
  readonly threads: number
  /** First address, and extent, of the memory for tensors. */
  readonly start: number
  readonly bytes: number
  readonly workers: ReadonlyArray<Worker>
  readonly #state: Int32Array
  readonly #rows: Float64Array
  readonly #patience: number
  #stopped = false

  private constructor(
    workers: ReadonlyArray<Worker>,
    base: number,
    pages: number,
    control: SharedArrayBuffer,
    jobs: SharedArrayBuffer,
    patience: number
  ) {
    this.workers = workers
    this.threads = workers.length
    this.start = base + this.threads * scratch
    this.bytes = pages * wasmPage - this.threads * scratch
    this.#state = new Int32Array(control)
    this.#rows = new Float64Array(jobs)
    this.#patience = patience
  }

  /**
   * @param pages of the memory, 64 KiB each, blocks for copying included
   * @param patience milliseconds after which a thread that does not answer counts as dead
   * @throws EngineError where a thread or the memory cannot be had.
   */
  static async start(wanted: number, pages = allPages, patience = 60_000): Promise<VectorThreads> {
    const threads = Math.min(wanted, mostThreads)
    const enough = Math.max(pages, (threads * scratch) / wasmPage)
    const control = new SharedArrayBuffer(16)
    const jobs = new SharedArrayBuffer(jobsAtOnce * jobWidth * 8)
    const channels = Array.from({ length: threads - 1 }, () => new MessageChannel())
    const workers = Array.from({ length: threads }, () => new Worker(new URL("./worker.ts", import.meta.url)))
    const bases = await Promise.all(
      workers.map((worker, index) => {
        const ports = index === 0 ? channels.map(({ port1 }) => port1) : [channels[index - 1]!.port2]
        const memory: Setup["memory"] = index === 0 ? { pages: enough, ports } : { port: ports[0]! }
        return new Promise<number>((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data)
          worker.onerror = ({ message }) => reject(new EngineError(`A thread of the engine does not start: ${message}`))
          worker.postMessage({ index, threads, memory, control, jobs } satisfies Setup, [...ports])
          // Bun's own: it does not keep the process alive.
          ;(worker as unknown as { unref(): void }).unref()
        })
      })
    )
    return new VectorThreads(workers, bases[0]!, enough, control, jobs, patience)
  }

  /** Whether the memory of the threads holds what begins at that address: what a kernel reads whole must lie there. */
  holds(address: number): boolean {
    return address >= this.start && address < this.start + this.bytes
  }

  /**
   * Returns when all jobs are done. Buffers are written up to a whole vector of four numbers.
   *
   * @throws EngineError where a kernel failed or a thread is dead.
   */
  run(jobs: ReadonlyArray<VectorJob>): void {
    for (let first = 0; first < jobs.length; first += jobsAtOnce) {
      const some = jobs.slice(first, first + jobsAtOnce)
      for (const [i, { kernel, units, width = 1, addresses, numbers = [] }] of some.entries()) {
        const row = i * jobWidth
        this.#rows[row + kernelAt] = kernelNames.indexOf(kernel)
        this.#rows[row + unitsAt] = units
        this.#rows[row + widthAt] = width
        this.#rows.set(addresses, row + addressesAt)
        this.#rows.set(numbers, row + numbersAt)
      }
      this.#request(some.length)
    }
  }

  /** Ends the threads. What lies in their memory must no longer be used. */
  stop(): void {
    this.#stopped = true
    for (const worker of this.workers) worker.terminate()
  }

  #request(jobs: number): void {
    if (this.#stopped) throw new EngineError("The engine's threads have ended: start the process anew")
    const state = this.#state
    state[jobCount] = jobs
    Atomics.store(state, finished, 0)
    Atomics.add(state, requests, 1)
    Atomics.notify(state, requests)
    for (let done = 0; done < this.threads; done = Atomics.load(state, finished)) {
      if (Atomics.wait(state, finished, done, this.#patience) !== "timed-out") continue
      this.#stopped = true
      throw new EngineError(
        `A thread of the engine gave no answer for ${this.#patience / 1000} s: start the process anew`
      )
    }
    if (Atomics.exchange(state, failed, 0) !== 0) throw new EngineError("A thread of the engine failed")
  }
}
