import { dirname, join } from "node:path"
import { tf } from "../../tf.ts"
import type { Candidate } from "../Candidate.ts"
import { repairWasm } from "./repairWasm.ts"

/** tfjs-wasm: for systems without a library of ONNX Runtime's. Its heap ends at 4 GB: small models. */
export const wasm: Candidate = {
  name: "wasm",
  backend: "wasm",
  remedy: "bun add @tensorflow/tfjs-backend-wasm",
  async load() {
    const { setWasmPaths, version_wasm } = await import("@tensorflow/tfjs-backend-wasm")
    const packageJson = Bun.resolveSync("@tensorflow/tfjs-backend-wasm/package.json", import.meta.dir)
    setWasmPaths(`${join(dirname(packageJson), "dist")}/`)
    await tf.setBackend("wasm")
    await tf.ready()
    repairWasm()
    return { version: `tfjs-wasm ${version_wasm}`, threads: 1 }
  }
}
