import { tf } from "../tf.ts"

/** Kernels beyond tfjs's own that a backend may register; every caller has a twin made of plain operations. */
export type FusedKernel =
  | "AttentionOutput"
  | "AttentionOutputGrad"
  | "AttentionWeights"
  | "AttentionWeightsGrad"
  | "FusedDropout"
  | "FusedGelu"
  | "FusedGeluGrad"
  | "FusedLayerNorm"
  | "FusedLayerNormGrad"
  | "FusedLinear"
  | "FusedLinearGrad"
  | "FusedRotary"
  | "FusedSoftmaxGrad"
  | "FusedSumOfSquares"
  | "FusedAttention"
  | "PackedLinear"

/** Whether the current backend has the kernel. */
export const hasKernel = (name: FusedKernel | "UnsortedSegmentSum"): boolean =>
  tf.getKernel(name, tf.getBackend()) !== undefined

/** The same for a kernel with products in it: in bf16 tfjs's own products are taken over, and serve. */
export const hasProducts = (name: FusedKernel): boolean =>
  hasKernel(name) && (tf.backend() as { readonly oneDnn?: unknown }).oneDnn === undefined

/** Runs a fused kernel of the current backend: directly, without tfjs's own round of tapes and profiles, where neither listens. */
export const runKernel = <T extends tf.Tensor | Array<tf.Tensor>>(
  name: FusedKernel,
  inputs: Record<string, tf.Tensor>,
  attributes?: Record<string, number | boolean | Array<number>>
): T => {
  const engine = tf.engine()
  const kernel = tf.getKernel(name, engine.backendName)
  const { gradientDepth, kernelDepth, profiling } = engine.state
  if (!kernel || profiling || (gradientDepth > 0 && kernelDepth === 0) || tf.env().getBool("DEBUG")) {
    return engine.runKernel<T>(name, inputs, attributes)
  }
  const made = kernel.kernelFunc({ inputs, attrs: attributes as tf.NamedAttrMap, backend: engine.backend })
  const tensor = (info: tf.TensorInfo) => engine.makeTensorFromTensorInfo(info)
  return (Array.isArray(made) ? made.map(tensor) : tensor(made)) as T
}
