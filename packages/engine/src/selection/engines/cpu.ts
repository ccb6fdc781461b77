import { EngineError } from "../../errors.ts"
import { tf } from "../../tf.ts"
import type { Candidate } from "../Candidate.ts"

/** tfjs-cpu: plain JavaScript on one thread. The reference for the others, and slow. */
export const cpu: Candidate = {
  name: "cpu",
  backend: "cpu",
  async load() {
    await import("@tensorflow/tfjs-backend-cpu")
    const backend = tf.findBackend("cpu") as (tf.KernelBackend & { firstUse?: boolean }) | null
    if (backend === null) throw new EngineError("tfjs-backend-cpu registered no backend")
    backend.firstUse = false // else its first tensor prints an advertisement for tfjs-node
    return { version: `tfjs-cpu ${tf.version_core}`, threads: 1 }
  }
}
