import { EngineError } from "../../errors.ts"
import { tf } from "../../tf.ts"
import type { Candidate, Loaded } from "../Candidate.ts"

/** What tfjs-node's backend says of itself. */
interface TensorFlowBackend {
  readonly isUsingGpuDevice?: boolean
  readonly binding?: { readonly TF_Version?: string }
}

/**
 * Imports an optional peer. It is named at run time only, so that neither bundlers nor the type checker look for it.
 * The package may be there without its binary (blocked download, untrusted install script); its import throws then.
 */
const load = async (packageName: string): Promise<Loaded & { readonly gpu: boolean }> => {
  try {
    import.meta.resolve(packageName)
  } catch {
    throw new EngineError("not installed")
  }
  try {
    await import(packageName)
  } catch (error) {
    throw new EngineError(`installed, but its binary does not load: ${firstLine(error)}`)
  }
  const backend = tf.findBackend("tensorflow") as TensorFlowBackend | null
  if (backend === null) throw new EngineError("its import registered no backend")
  const library = backend.binding?.TF_Version ?? "of unknown version"
  return { version: `${packageName}, libtensorflow ${library}`, threads: 0, gpu: backend.isUsingGpuDevice === true }
}

const firstLine = (error: unknown) => (error instanceof Error ? error.message : String(error)).split("\n")[0]!

/** An NVIDIA card through libtensorflow. */
export const cuda: Candidate = {
  name: "cuda",
  backend: "tensorflow",
  remedy: "bun add @tensorflow/tfjs-node-gpu@4.22.0 && bun pm trust @tensorflow/tfjs-node-gpu",
  async load() {
    const found = await load("@tensorflow/tfjs-node-gpu")
    if (!found.gpu) {
      tf.removeBackend("tensorflow")
      throw new EngineError(
        "installed, but libtensorflow sees no GPU (it needs CUDA 11 and cuDNN 8 on the library path)"
      )
    }
    return found
  }
}

/** The processor through libtensorflow. */
export const native: Candidate = {
  name: "native",
  backend: "tensorflow",
  remedy: "bun add @tensorflow/tfjs-node@4.22.0 && bun pm trust @tensorflow/tfjs-node",
  load: () => load("@tensorflow/tfjs-node")
}
