import type { VectorLoop } from "./vectorLoop.ts"

/** What a `VectorWorker` sends once: the loop, and memory to hand jobs over in. */
export interface Setup {
  readonly loop: VectorLoop
  readonly pages: number
  /** Requests made, requests done, jobs of this request, whether it failed. */
  readonly control: SharedArrayBuffer
  /** A row for each job: size, addresses, scalars. */
  readonly jobs: SharedArrayBuffer
}

/** Bytes of a block of an operand that lies outside the linear memory: it is copied in, worked on, and copied back. */
export const block = 2 ** 16
