import { EngineError } from "../EngineError.ts"
import { tf } from "../tf.ts"
import type { EngineName } from "./EngineReport.ts"

/** How one engine is brought up; `load` registers its tfjs backend and throws where it cannot run here. */
export interface Candidate {
  readonly name: EngineName
  readonly backend: string
  readonly remedy?: string
  readonly load: (threads: number) => Promise<{ readonly version: string; readonly threads: number }>
}

export const candidates: readonly Candidate[] = [
  {
    name: "onnx",
    backend: "onnx",
    remedy: "bun add onnxruntime-node",
    load: async (threads) => {
      if (process.versions.bun === undefined)
        throw new EngineError("needs Bun: it reaches ONNX Runtime through bun:ffi")
      const { registerOnnx } = await import("../onnx/registerOnnx.ts")
      const backend = registerOnnx(threads)
      return { version: `ONNX Runtime ${backend.version}`, threads: backend.threads }
    }
  },
  {
    name: "cpu",
    backend: "cpu",
    load: async () => {
      await import("@tensorflow/tfjs-backend-cpu")
      const backend = tf.findBackend("cpu") as (tf.KernelBackend & { firstUse?: boolean }) | null
      if (backend === null) throw new EngineError("tfjs-backend-cpu registered no backend")
      backend.firstUse = false // else its first tensor prints an advertisement for tfjs-node
      return { version: `tfjs-cpu ${tf.version_core}`, threads: 1 }
    }
  }
]
