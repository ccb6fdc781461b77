import type { tf } from "../tf.ts"
import type { OnnxBackend } from "./OnnxBackend.ts"

/** A kernel done without ONNX Runtime: views of the same memory, loops in JavaScript, kernels of the engine's own threads. */
export interface HostKernel<Inputs extends string = string, Attributes = unknown> {
  readonly name: string
  /** What comes out, or undefined where these operands are left to the tfjs-cpu kernel. */
  run(
    backend: OnnxBackend,
    inputs: Record<Inputs, tf.TensorInfo>,
    attributes: Attributes
  ): tf.TensorInfo | tf.TensorInfo[] | undefined
}
