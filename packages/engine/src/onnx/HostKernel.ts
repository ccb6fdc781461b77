import type { tf } from "../tf.ts"
import type { OnnxBackend } from "./OnnxBackend.ts"

/** A tfjs kernel done in JavaScript: views of the same memory, and loops that ONNX Runtime has no good operator for. */
export interface HostKernel<Inputs extends string = string, Attributes = unknown> {
  readonly name: string
  /** The result, or undefined where these operands are left to the tfjs-cpu kernel. */
  run(backend: OnnxBackend, inputs: Record<Inputs, tf.TensorInfo>, attributes: Attributes): tf.TensorInfo | undefined
}
