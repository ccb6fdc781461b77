import { type Pointer, toArrayBuffer } from "bun:ffi"
import { LruCache } from "../caches.ts"
import { bytesOf, type ElementType } from "../graph/OnnxGraph.ts"
import type { Handle } from "./OrtApi.ts"
import type { Runtime } from "./Runtime.ts"
import type { SystemMemory } from "./systemMemory.ts"

/** Below this size buffers are cut from slabs that are kept; from it on each is a mapping of its own that can be given back. */
const ownMapping = 2 ** 16
const slabSize = 2 ** 22
const page = 4096
const fineSteps = 2 ** 20
/** A free buffer serves a request of at least half its size. */
const largestFit = 2
/**
 * Memory kept beyond the most that was ever in use at once: a share of it, and in any case so many bytes. With less than a third more a small training
 * step gave memory back and took it again each time, and the system clears what it hands out.
 */
const [keptShare, keptBytes] = [0.15, 2 ** 25]
/** Shapes remembered for one buffer; a buffer that serves sentences of all lengths would collect them without end. */
const shapesRemembered = 16
/** Shapes remembered in all. */
const layoutsRemembered = 2 ** 12

/** How numbers lie in a buffer. */
export interface Layout {
  readonly shape: ReadonlyArray<number>
  readonly type: ElementType
  readonly bytes: number
}

const layouts = new LruCache<Layout>(layoutsRemembered)

/** The one layout of that shape and type: buffers know their values by it. */
export const layoutOf = (shape: ReadonlyArray<number>, type: ElementType): Layout =>
  layouts.getOr(`${type}:${shape}`, () => {
    const bytes = shape.reduce((product, extent) => product * extent, bytesOf[type])
    return { shape: [...shape], type, bytes }
  })

/** A block of native memory, and the ONNX Runtime values made over it. */
export class NativeBuffer {
  readonly address: number
  readonly capacity: number
  freedAt = 0
  readonly #runtime: Runtime
  readonly #values = new Map<Layout, Handle>()
  #array: ArrayBuffer | undefined

  constructor(runtime: Runtime, address: number, capacity: number) {
    this.#runtime = runtime
    this.address = address
    this.capacity = capacity
  }

  /** The block seen as JavaScript memory; valid until the buffer is released. */
  get array(): ArrayBuffer {
    this.#array ??= toArrayBuffer(this.address as Pointer, 0, this.capacity)
    return this.#array
  }

  /** An ONNX Runtime value of that layout over the start of the block. */
  value(layout: Layout): Handle {
    let value = this.#values.get(layout)
    if (value === undefined) {
      if (this.#values.size >= shapesRemembered) this.forgetValues()
      value = this.#runtime.tensor(this.address, layout.bytes, layout.shape, layout.type)
      this.#values.set(layout, value)
    }
    return value
  }

  forgetValues(): void {
    for (const value of this.#values.values()) this.#runtime.api.release("ReleaseValue", value)
    this.#values.clear()
  }
}

interface PoolStatistics {
  /** Bytes of buffers that hold tensors now, and the most they ever were. */
  readonly inUse: number
  readonly peakInUse: number
  /** Bytes taken from the operating system, free buffers and slabs included. */
  readonly reserved: number
}

/**
 * Native memory for tensors. Buffers are rounded up to a few steps between powers of two, reused best fit first, and given back to
 * the system, longest unused first, when free ones would take more than a share of the peak in use.
 */
export class BufferPool {
  readonly #runtime: Runtime
  readonly #system: SystemMemory
  readonly #free = new Map<number, Array<NativeBuffer>>()
  #slab = { next: 0, end: 0 }
  #inUse = 0
  #peakInUse = 0
  #reserved = 0
  #clock = 0

  constructor(runtime: Runtime, system: SystemMemory) {
    this.#runtime = runtime
    this.#system = system
  }

  get statistics(): PoolStatistics {
    return { inUse: this.#inUse, peakInUse: this.#peakInUse, reserved: this.#reserved }
  }

  /** @throws EngineError where the system has no more memory. */
  take(bytes: number): NativeBuffer {
    const capacity = roundUp(bytes)
    const buffer = this.#free.get(capacity)?.pop() ?? this.#fitting(capacity) ?? this.#fresh(capacity)
    this.#inUse += buffer.capacity
    if (this.#inUse > this.#peakInUse) this.#peakInUse = this.#inUse
    return buffer
  }

  give(buffer: NativeBuffer): void {
    this.#inUse -= buffer.capacity
    buffer.freedAt = ++this.#clock
    const list = this.#free.get(buffer.capacity)
    if (list) list.push(buffer)
    else this.#free.set(buffer.capacity, [buffer])
  }

  /** Gives free buffers back to the system until at most `keep` bytes are reserved. */
  trim(keep = 0): void {
    while (this.#reserved > keep) {
      const list = this.#longestUnused()
      if (list === undefined) return
      const buffer = list.shift()!
      buffer.forgetValues()
      this.#system.give(buffer.address, buffer.capacity)
      this.#reserved -= buffer.capacity
    }
  }

  #fitting(capacity: number): NativeBuffer | undefined {
    if (capacity < ownMapping) return undefined
    let best: Array<NativeBuffer> | undefined
    let bestCapacity = capacity * largestFit + 1
    for (const [size, list] of this.#free) {
      if (list.length > 0 && size > capacity && size < bestCapacity) [best, bestCapacity] = [list, size]
    }
    return best?.pop()
  }

  #fresh(capacity: number): NativeBuffer {
    if (capacity < ownMapping) return new NativeBuffer(this.#runtime, this.#cut(capacity), capacity)
    const most = Math.max(this.#inUse + capacity, this.#peakInUse)
    this.trim(most + Math.max(most * keptShare, keptBytes) - capacity)
    const address = this.#system.take(capacity)
    this.#reserved += capacity
    return new NativeBuffer(this.#runtime, address, capacity)
  }

  #cut(capacity: number): number {
    if (this.#slab.next + capacity > this.#slab.end) {
      const next = this.#system.take(slabSize)
      this.#slab = { next, end: next + slabSize }
      this.#reserved += slabSize
    }
    const address = this.#slab.next
    this.#slab.next += capacity
    return address
  }

  #longestUnused(): Array<NativeBuffer> | undefined {
    let oldest: Array<NativeBuffer> | undefined
    for (const [capacity, list] of this.#free) {
      if (capacity < ownMapping || list.length === 0) continue
      if (oldest === undefined || list[0]!.freedAt < oldest[0]!.freedAt) oldest = list
    }
    return oldest
  }
}

/** Quarter steps between powers of two, sixteenths from 1 MB on (at most that share is wasted); whole pages for mappings. */
const roundUp = (bytes: number): number => {
  if (bytes <= 256) return 256
  const power = 2 ** Math.floor(Math.log2(bytes - 1))
  const step = bytes >= ownMapping ? Math.max(power / (bytes >= fineSteps ? 16 : 4), page) : power / 4
  return Math.ceil(bytes / step) * step
}
