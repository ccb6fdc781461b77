import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu"
import { EngineError } from "../errors.ts"
import type { AdamWUpdate } from "../optim/adamW.ts"
import type { tf } from "../tf.ts"
import type { Dawn } from "./Dawn.ts"
import { runAdamW } from "./kernels.ts"

/** tfjs's WebGPU backend with what it lacks outside of a browser. */
export interface DeviceBackend extends WebGPUBackend {
  /** Gives the device's free memory back. */
  trim(): void
}

/** Memory, in shares of the most that was in use, beyond which what is free is given back; and what may be free in any case, in bytes. */
const [slack, always] = [1.5, 2 ** 26]

/**
 * Makes the backend. Beside the kernels it needs three things of its own: reading while everything waits, which tfjs does through a canvas;
 * an end to free memory, of which tfjs keeps every size that it ever took; and errors, which WebGPU tells nobody who does not ask.
 */
export const deviceBackend = (Base: typeof WebGPUBackend, { device, info, waitUntilMapped }: Dawn): DeviceBackend => {
  let fault: string | undefined
  let lost = false
  const keep = (message: string) => {
    fault ??= message.split("\n")[0]!
  }
  device.addEventListener("uncapturederror", (event) => keep((event as GPUUncapturedErrorEvent).error.message))
  device.lost.then(({ message, reason }) => {
    if (reason === "destroyed") return
    lost = true
    fault = `the device is lost: ${message}`
  })
  const check = () => {
    const found = fault
    if (!lost) fault = undefined
    if (found !== undefined) throw new EngineError(`webgpu: ${found}`)
  }

  return new (class extends Base {
    #most = 0

    override readSync(dataId: object): tf.backend_util.BackendValues {
      const data = this.tensorMap.get(dataId)
      if (data.values || data.dtype === "string" || data.dtype === "complex64") return super.readSync(dataId)
      check()
      data.values = numbers(this.#download(data.resource as GPUBuffer), data.dtype)
      check()
      return data.values
    }

    #download(source: GPUBuffer): ArrayBuffer {
      this.endComputePassEncoder()
      this.ensureCommandEncoderReady()
      this.submitQueue()
      const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ
      const staging = this.bufferManager.acquireBuffer(source.size, usage)
      try {
        const encoder = this.device.createCommandEncoder()
        encoder.copyBufferToBuffer(source, 0, staging, 0, source.size)
        this.queue.submit([encoder.finish()])
        staging.mapAsync(GPUMapMode.READ).catch((error: Error) => keep(error.message))
        waitUntilMapped(staging)
        const bytes = staging.getMappedRange().slice(0)
        staging.unmap()
        return bytes
      } finally {
        this.bufferManager.releaseBuffer(staging)
      }
    }

    override async read(dataId: object): Promise<tf.backend_util.BackendValues> {
      const data = this.tensorMap.get(dataId)
      if (data.values || data.dtype === "string" || data.dtype === "complex64") return super.read(dataId)
      check()
      // The tensor may be disposed meanwhile: tfjs would look for it again.
      const values = numbers(await this.getBufferData(data.resource as GPUBuffer), data.dtype)
      check()
      data.values = values
      return values
    }

    override submitQueue(): void {
      super.submitQueue()
      const { numBytesAllocated, numBytesUsed } = this.bufferManager
      this.#most = Math.max(this.#most, numBytesUsed)
      if (numBytesAllocated > slack * this.#most + always) this.trim()
    }

    adamw(updates: ReadonlyArray<AdamWUpdate>): void {
      runAdamW(this, updates)
    }

    trim(): void {
      const manager = this.bufferManager as unknown as FreeBuffers
      for (const buffers of manager.freeBuffers.values()) {
        for (const buffer of buffers) {
          manager.numBytesAllocated -= buffer.size
          buffer.destroy()
        }
        buffers.length = 0
      }
      manager.numFreeBuffers = 0
      this.#most = manager.numBytesUsed
    }
  })(device, info)
}

/** What tfjs keeps of memory that it does not use. */
interface FreeBuffers {
  readonly freeBuffers: Map<string, Array<GPUBuffer>>
  readonly numBytesUsed: number
  numFreeBuffers: number
  numBytesAllocated: number
}

/** Every type has four bytes a number on the device. */
const numbers = (bytes: ArrayBuffer, dtype: tf.DataType): tf.backend_util.BackendValues =>
  dtype === "float32"
    ? new Float32Array(bytes)
    : dtype === "bool"
      ? Uint8Array.from(new Int32Array(bytes))
      : new Int32Array(bytes)
