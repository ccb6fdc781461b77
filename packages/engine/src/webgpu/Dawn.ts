import { EngineError } from "../errors.ts"

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
