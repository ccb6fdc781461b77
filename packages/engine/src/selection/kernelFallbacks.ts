import { tf } from "../tf.ts"

/**
 * Kernels that the onnx engine left to tfjs-cpu so far: how often each ran, by name and operand types, as in `Sum(bool)`.
 * Empty for the other engines, which have no fallback.
 */
export function kernelFallbacks(): ReadonlyMap<string, number> {
  const backend = tf.findBackend("onnx") as { readonly fallback?: { readonly calls: Map<string, number> } } | null
  return backend?.fallback?.calls ?? new Map()
}
