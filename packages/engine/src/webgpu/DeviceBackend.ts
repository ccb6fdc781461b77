import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu"
import { EngineError } from "../errors.ts"
import type { AdamWUpdate } from "../optim/adamW.ts"
import type { tf } from "../tf.ts"
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

/** What is used of Dawn's package for Node and Bun ("webgpu"). */
interface DawnPackage {
  /** The `gpu` of a browser's navigator; options as in `adapter=<name>`. */
  create(options: ReadonlyArray<string>): GPU
  /** `GPUBufferUsage`, `GPUMapMode` and the like, which a browser has as globals. */
  readonly globals: Readonly<Record<string, unknown>>
}

/** A device of WebGPU, and what its adapter says of itself. */
export interface Dawn {
  readonly device: GPUDevice
  readonly info: GPUAdapterInfo
  /**
   * Waits until a buffer is mapped, with everything else standing still.
   *
   * @throws EngineError where it cannot be mapped: the device is lost, or out of memory
   */
  waitUntilMapped(buffer: GPUBuffer): void
}

/** Limits that are raised to what the adapter has: sizes of tensors, of groups, and how many of them. */
const raised = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeWorkgroupSizeX",
  "maxComputeInvocationsPerWorkgroup"
] as const

/**
 * Opens the adapter that Dawn names first, and makes it what tfjs finds under `navigator.gpu`.
 *
 * @throws EngineError where there is no adapter
 */
export const openDawn = async ({ create, globals }: DawnPackage): Promise<Dawn> => {
  Object.assign(globalThis, globals)
  const gpu = create([])
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" })
  if (adapter === null) throw new EngineError("no adapter: the system has no driver for Vulkan, Metal or D3D12")
  Object.defineProperty(globalThis.navigator, "gpu", { value: gpu, configurable: true })
  const { device, tick } = await openDevice(adapter)
  return { device, info: adapter.info, waitUntilMapped: (buffer) => waitUntilMapped(buffer, tick) }
}

type Tick = () => void

/**
 * Dawn looks for finished work in a function of its own, its tick, that it hands to `setImmediate` while something is awaited. The first time is
 * within `requestDevice`: the function is taken from there, since it also does its work when it is called directly.
 */
const openDevice = async (adapter: GPUAdapter): Promise<{ readonly device: GPUDevice; readonly tick: Tick }> => {
  const requiredFeatures = (["timestamp-query", "shader-f16"] as const).filter((name) => adapter.features.has(name))
  const requiredLimits = Object.fromEntries(raised.map((name) => [name, adapter.limits[name]]))
  let tick: Tick | undefined
  const { setImmediate } = globalThis
  globalThis.setImmediate = Object.assign((run: Tick) => {
    tick ??= run
    return setImmediate(run)
  }, setImmediate)
  const requested = adapter.requestDevice({ requiredFeatures, requiredLimits })
  globalThis.setImmediate = setImmediate
  const device = await requested
  if (tick === undefined) throw new EngineError("this version of the package webgpu is not known: expected 0.6")
  return { device, tick }
}

/** Milliseconds between two looks. */
const pause = 0.05

const bell = new Int32Array(new SharedArrayBuffer(4))

const waitUntilMapped = (buffer: GPUBuffer, tick: Tick): void => {
  const { setImmediate } = globalThis
  // The tick asks for its next turn each time; here it comes anyway.
  globalThis.setImmediate = Object.assign(() => undefined as never, setImmediate)
  try {
    for (tick(); buffer.mapState === "pending"; tick()) Atomics.wait(bell, 0, 0, pause)
  } finally {
    globalThis.setImmediate = setImmediate
    setImmediate(tick)
  }
  if (buffer.mapState !== "mapped") throw new EngineError("webgpu: the device is lost or out of memory")
}
