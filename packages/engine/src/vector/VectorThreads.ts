import { dlopen, ptr } from "bun:ffi"
import { readFileSync } from "node:fs"
import { EngineError } from "../errors.ts"
import {
  addressesAt,
  compileKernels,
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
import { VectorShare } from "./VectorShare.ts"

const jobsAtOnce = 256
/** The kernels wait for memory more than they compute. */
const mostThreads = 8
/** Below so many numbers in all, one thread is done before another is awake. */
const alone = 2 ** 14
/** Milliseconds for which JavaScript's thread looks whether the others are done, before it sleeps. */
const awake = 0.2

export interface VectorJob {
  readonly kernel: VectorKernel
  readonly units: number
  /** Numbers of a row. Default 1 */
  readonly width?: number
  readonly addresses: ReadonlyArray<number>
  readonly numbers?: ReadonlyArray<number>
}

/**
 * Threads that run vector kernels over native memory, JavaScript's own among them, and a WebAssembly memory of up to 4 GiB of addresses for tensors to
 * live in: there kernels work in place; elsewhere blocks are copied in and out.
 */
export class VectorThreads {
  readonly threads: number
  /** First address, and extent, of the memory for tensors. */
  readonly start: number
  readonly bytes: number
  readonly workers: ReadonlyArray<Worker>
  readonly #own: VectorShare
  readonly #state: Int32Array
  readonly #rows: Float64Array
  readonly #patience: number
  #stopped = false

  private constructor(
    workers: ReadonlyArray<Worker>,
    { bytes, memory }: ReturnType<typeof vectorMemory>,
    control: SharedArrayBuffer,
    jobs: SharedArrayBuffer,
    patience: number
  ) {
    this.workers = workers
    this.threads = workers.length + 1
    this.#own = new VectorShare({ index: 0, threads: this.threads, memory, bytes, jobs })
    this.start = this.#own.base + this.threads * scratch
    this.bytes = bytes - this.threads * scratch
    this.#state = new Int32Array(control)
    this.#rows = new Float64Array(jobs)
    this.#patience = patience
  }

  /**
   * @param room bytes of the memory for tensors, at most
   * @param patience milliseconds after which a thread that does not answer counts as dead
   * @throws EngineError where a thread or the memory cannot be had.
   */
  static async start(wanted: number, room = 2 ** 32, patience = 60_000): Promise<VectorThreads> {
    const threads = Math.min(wanted, mostThreads)
    const control = new SharedArrayBuffer(16)
    const jobs = new SharedArrayBuffer(jobsAtOnce * jobWidth * 8)
    const found = vectorMemory(threads * scratch, room)
    const starting = Array.from({ length: threads - 1 }, (_, i) => {
      const worker = new Worker(new URL("./worker.ts", import.meta.url))
      return new Promise<Worker>((resolve, reject) => {
        worker.onmessage = () => resolve(worker)
        worker.onerror = ({ message }) => reject(new EngineError(`A thread of the engine does not start: ${message}`))
        worker.postMessage({ index: i + 1, threads, ...found, control, jobs } satisfies Setup)
        // Bun's own: it does not keep the process alive.
        ;(worker as unknown as { unref(): void }).unref()
      })
    })
    return new VectorThreads(await Promise.all(starting), found, control, jobs, patience)
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
    if (this.#stopped) throw new EngineError("The engine's threads have ended: start the process anew")
    for (let first = 0; first < jobs.length; first += jobsAtOnce) {
      const some = jobs.slice(first, first + jobsAtOnce)
      let size = 0
      for (const [i, { kernel, units, width = 1, addresses, numbers = [] }] of some.entries()) {
        const row = i * jobWidth
        this.#rows[row + kernelAt] = kernelNames.indexOf(kernel)
        this.#rows[row + unitsAt] = units
        this.#rows[row + widthAt] = width
        this.#rows.set(addresses, row + addressesAt)
        this.#rows.set(numbers, row + numbersAt)
        size += units * width
      }
      if (size < alone || this.threads === 1) this.#own.work(some.length, 1)
      else this.#share(some.length)
    }
  }

  /** Ends the threads. What lies in their memory must no longer be used. */
  stop(): void {
    this.#stopped = true
    for (const worker of this.workers) worker.terminate()
  }

  #share(jobs: number): void {
    const state = this.#state
    state[jobCount] = jobs
    Atomics.store(state, finished, 0)
    Atomics.store(state, failed, 0)
    Atomics.add(state, requests, 1)
    Atomics.notify(state, requests)
    try {
      this.#own.work(jobs)
    } finally {
      this.#awaitOthers()
    }
    if (Atomics.load(state, failed) !== 0) throw new EngineError("A thread of the engine failed")
  }

  #awaitOthers(): void {
    const state = this.#state
    const others = this.workers.length
    for (const until = performance.now() + awake; performance.now() < until; ) {
      if (Atomics.load(state, finished) === others) return
    }
    for (let done = Atomics.load(state, finished); done < others; done = Atomics.load(state, finished)) {
      if (Atomics.wait(state, finished, done, this.#patience) !== "timed-out") continue
      this.#stopped = true
      throw new EngineError(
        `A thread of the engine gave no answer for ${this.#patience / 1000} s: start the process anew`
      )
    }
  }
}

const page = 2 ** 16
/** All that a 32-bit address reaches. */
const most = 2 ** 32
const readWrite = 3

/**
 * A WebAssembly memory of at least `least` bytes, and how many bytes from its first one on kernels reach: on Linux `room` more than `least`, up to 4 GiB in all.
 *
 * JavaScriptCore reserves all addresses that a shared memory may ever grow to, protects those that are not part of it yet, and lets compiled
 * code go there unchecked. They are opened here, and not by growing: all that a memory has grown to counts as used memory, and with 4 GiB of it the
 * garbage of a whole training run would lie around uncollected. Where anything of this is otherwise, the memory is as large as it says.
 */
const vectorMemory = (least: number, room: number): { memory: WebAssembly.Memory; bytes: number } => {
  const bytes = Math.ceil(least / page) * page
  const memory = new WebAssembly.Memory({ initial: bytes / page, maximum: most / page, shared: true })
  const start = ptr(new Uint8Array(memory.buffer))
  const wanted = Math.min(bytes + room, most)
  const opened = process.platform === "linux" && wanted > bytes && open(start + bytes, start + wanted)
  return { memory, bytes: opened && reaches(memory, wanted) ? wanted : bytes }
}

const open = (start: number, end: number): boolean => {
  if (!isReserved(start, end)) return false
  const { mprotect } = dlopen("libc.so.6", { mprotect: { args: ["u64", "u64", "i32"], returns: "i32" } }).symbols
  return mprotect(start, end - start, readWrite) === 0
}

/** Whether these addresses belong to one mapping that nothing may read or write. */
const isReserved = (start: number, end: number): boolean =>
  readFileSync("/proc/self/maps", "latin1")
    .split("\n")
    .some((line) => {
      const [, from, to, rights] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? []
      return rights === "---p" && Number.parseInt(from!, 16) <= start && Number.parseInt(to!, 16) >= end
    })

/** Whether a kernel reads and writes the last of so many bytes, zeros. */
const reaches = (memory: WebAssembly.Memory, bytes: number): boolean => {
  const last = bytes - 16
  try {
    compileKernels(memory).softmaxGrad(0, 1, last, last, last, 4)
    return true
  } catch {
    return false
  }
}
