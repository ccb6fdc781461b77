import { ptr } from "bun:ffi"
import { type Handle, type OrtApi, openOrtApi } from "./OrtApi.ts"

/** ONNX's numbers for the element types that we use. */
export const elementType = { float32: 1, int32: 6, int64: 7, bool: 9 } as const

export type ElementType = keyof typeof elementType

export interface Runtime {
  readonly api: OrtApi
  readonly threads: number
  readonly environment: Handle
  /** One set of options serves every session: all of them share the global thread pool and its arena. */
  readonly sessionOptions: Handle
  /** For sessions with weights compiled in: the arena would keep the weights' memory when the session is gone. */
  readonly packedOptions: Handle
  /** Options for one whole network, which the caller releases: temporaries in the arena of all, weights outside of it, so that they go with the session. */
  graphOptions(): Handle
  /** Wraps memory of ours as an ONNX Runtime value of that shape; nothing is copied or owned. */
  tensor(address: number, bytes: number, shape: readonly number[], type: ElementType): Handle
}

/** C strings handed to the library stay referenced for the life of the process. */
const kept: Buffer[] = []

function cString(text: string): Handle {
  const bytes = Buffer.from(`${text}\0`)
  kept.push(bytes)
  return ptr(bytes)
}

/**
 * Brings ONNX Runtime up: one global thread pool whose threads spin between kernels (measured: without spinning an optimizer
 * step of many small kernels takes almost twice as long) unless another library's threads take turns with them, one arena for
 * the temporaries of all sessions.
 */
export function startRuntime(threads: number, spin = true): Runtime {
  const api = openOrtApi()
  const threading = api.create("CreateThreadingOptions")
  api.call("SetGlobalIntraOpNumThreads", threading, threads)
  api.call("SetGlobalInterOpNumThreads", threading, 1)
  api.call("SetGlobalSpinControl", threading, spin ? 1 : 0)
  // What the library would print as an error it also returns, and that is thrown.
  const fatalOnly = 4
  const environment = api.create("CreateEnvWithGlobalThreadPools", fatalOnly, cString("nuner"), threading)
  const [arenaAllocator, deviceAllocator, defaultMemory] = [1, 0, 0]
  api.call(
    "CreateAndRegisterAllocator",
    environment,
    api.create("CreateCpuMemoryInfo", arenaAllocator, defaultMemory),
    null
  )

  const options = () => {
    const handle = api.create("CreateSessionOptions")
    api.call("DisablePerSessionThreads", handle)
    api.call("SetSessionGraphOptimizationLevel", handle, 99)
    api.call("SetSessionLogSeverityLevel", handle, fatalOnly)
    // Memory patterns are remembered for each combination of input shapes: with sentences of all lengths that never ends.
    api.call("DisableMemPattern", handle)
    return handle
  }
  const sessionOptions = options()
  api.call("AddSessionConfigEntry", sessionOptions, cString("session.use_env_allocators"), cString("1"))
  const graphEntries = [
    ["session.use_env_allocators", "1"],
    ["session.use_device_allocator_for_initializers", "1"],
    // Its one kernel takes longer than the sum and the norm that it stands for: 5 % of 64 sentences of 16 tokens with `mini`.
    ["optimization.disable_specified_optimizers", "SkipLayerNormFusion"]
  ].map((entry) => entry.map(cString))
  const packedOptions = options()
  api.call("DisableCpuMemArena", packedOptions)

  const memory = api.create("CreateCpuMemoryInfo", deviceAllocator, defaultMemory)
  const shapeBuffer = new BigInt64Array(16)
  const shapePointer = ptr(shapeBuffer)
  return {
    api,
    threads,
    environment,
    sessionOptions,
    packedOptions,
    graphOptions() {
      const handle = options()
      for (const [key, value] of graphEntries) api.call("AddSessionConfigEntry", handle, key!, value!)
      return handle
    },
    tensor(address, bytes, shape, type) {
      for (let i = 0; i < shape.length; i++) shapeBuffer[i] = BigInt(shape[i]!)
      const data = address as Handle
      return api.create(
        "CreateTensorWithDataAsOrtValue",
        memory,
        data,
        bytes,
        shapePointer,
        shape.length,
        elementType[type]
      )
    }
  }
}
