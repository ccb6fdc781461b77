import { existsSync } from "node:fs"
import { EngineError } from "../../errors.ts"
import { tf } from "../../tf.ts"
import { openDawn } from "../../webgpu/Dawn.ts"
import { deviceBackend } from "../../webgpu/DeviceBackend.ts"
import { registerKernels } from "../../webgpu/kernels.ts"
import type { Candidate, Loaded } from "../Candidate.ts"

const packages = { dawn: "webgpu", kernels: "@tensorflow/tfjs-backend-webgpu" } as const

/** What Linux shows of a graphics card: its kernel's own drivers, NVIDIA's, and that of the Linux within Windows. */
const cards = ["/dev/dri", "/dev/nvidiactl", "/dev/dxg"]

let loaded: Promise<Loaded> | undefined

/** A graphics card through WebGPU: Dawn on Vulkan, Metal or D3D12, with tfjs's kernels. */
export const webgpu: Candidate = {
  name: "webgpu",
  backend: "webgpu",
  remedy: "bun add webgpu@0.6.2 @tensorflow/tfjs-backend-webgpu@4.22.0",
  unproven() {
    const none = process.platform === "linux" && !cards.some((path) => existsSync(path))
    return none ? `no graphics card (${cards.join(", ")})` : undefined
  },
  load() {
    loaded ??= open()
    return loaded
  }
}

const open = async (): Promise<Loaded> => {
  const [dawn, kernels] = await Promise.all([optional(packages.dawn), optional(packages.kernels)])
  const opened = await openDawn(dawn as Parameters<typeof openDawn>[0])
  const { description, device, isFallbackAdapter, vendor } = opened.info
  registerKernels()
  const { WebGPUBackend } = kernels as typeof import("@tensorflow/tfjs-backend-webgpu")
  const backend = deviceBackend(WebGPUBackend, opened)
  if (tf.findBackendFactory("webgpu") !== null) tf.removeBackend("webgpu") // one that would open a device of its own
  tf.registerBackend("webgpu", () => backend)
  const adapter = description || device || vendor || "an adapter without a name"
  const version = `Dawn (webgpu), tfjs-webgpu ${tf.version_core}, ${adapter}`
  return {
    version,
    threads: 0,
    ...(isFallbackAdapter && { doubt: `${adapter} computes on the processor: ask for it by name` })
  }
}

/** An optional peer, named at run time only, so that neither bundlers nor the type checker look for it. */
const optional = async (name: string): Promise<unknown> => {
  try {
    import.meta.resolve(name)
  } catch {
    throw new EngineError(`${name} is not installed`)
  }
  return import(name)
}
