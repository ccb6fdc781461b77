import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { type OnnxRuntime, ordinaryGraphs } from "../../graph/GraphSession.ts"
import { tf } from "../../tf.ts"
import type { Candidate } from "../Candidate.ts"
import { repairWasm } from "./repairWasm.ts"

/**
 * tfjs-wasm: for Node, and systems where ONNX Runtime's library was never called directly. Its heap ends at 4 GB: small models. Whole
 * networks run on ONNX Runtime all the same, where onnxruntime-node loads.
 */
export const wasm: Candidate = {
  name: "wasm",
  backend: "wasm",
  remedy: "bun add @tensorflow/tfjs-backend-wasm",
  async load() {
    const { setWasmPaths, version_wasm } = await import("@tensorflow/tfjs-backend-wasm")
    const packageJson = fileURLToPath(import.meta.resolve("@tensorflow/tfjs-backend-wasm/package.json"))
    setWasmPaths(`${join(dirname(packageJson), "dist")}/`)
    await tf.setBackend("wasm")
    await tf.ready()
    repairWasm()
    return { version: `tfjs-wasm ${version_wasm}`, threads: 1 }
  },
  graphs: async (threads) => ordinaryGraphs((await import("onnxruntime-node")) as unknown as OnnxRuntime, threads)
}
