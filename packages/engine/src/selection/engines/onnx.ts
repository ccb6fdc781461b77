import { EngineError } from "../../errors.ts"
import type { OnnxBackend } from "../../onnx/OnnxBackend.ts"
import { tf } from "../../tf.ts"
import type { Candidate } from "../Candidate.ts"
import { cpu } from "./cpu.ts"

/** The engine of the house: tfjs kernels on ONNX Runtime, from npm alone. */
export const onnx: Candidate = {
  name: "onnx",
  backend: "onnx",
  remedy: "bun add onnxruntime-node",
  unproven() {
    const { arch, platform } = process
    return platform === "linux" && arch === "x64" ? undefined : `never ran on ${platform} ${arch}: ask for it by name`
  },
  async load(threads, precision) {
    if (process.versions.bun === undefined) throw new EngineError("needs Bun: it reaches ONNX Runtime through bun:ffi")
    await cpu.load(1, "fp32") // for kernels that ONNX Runtime does not serve
    const { registerOnnx } = await import("../../onnx/registerOnnx.ts")
    const { hasBf16 } = await import("../../onnx/onednn/OneDnnLibrary.ts")
    const backend = await registerOnnx(threads, precision === "fp32")
    const faster =
      precision === "fp32" && hasBf16() ? { faster: "NUNER_PRECISION=bf16: this processor multiplies in bf16" } : {}
    return { version: `ONNX Runtime ${backend.version}`, threads: backend.threads, ...faster }
  },
  setPrecision(precision) {
    const backend = tf.findBackend("onnx") as OnnxBackend
    backend.setPrecision(precision)
    const library = backend.oneDnn?.library
    return library && `oneDNN ${library.version} (${library.path}) with ${library.instructions}`
  },
  graphs: async () => (tf.findBackend("onnx") as OnnxBackend).openGraph
}
