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

/** Runs a fused kernel of the current backend. */
export const runKernel = <T extends tf.Tensor | Array<tf.Tensor>>(
  name: FusedKernel,
  inputs: Record<string, tf.Tensor>,
  attributes?: Record<string, number | boolean | Array<number>>
): T => tf.engine().runKernel<T>(name, inputs, attributes)
