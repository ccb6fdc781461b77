import { contrastiveBce, type SparseTargets, tf } from "../../src/index.ts"

/** The contrastive loss of logits that are given: their product with the identity. */
export const bceWithLogits = (
  logits: tf.Tensor2D,
  targets: SparseTargets,
  options?: Parameters<typeof contrastiveBce>[2]
): tf.Scalar => contrastiveBce({ h: logits, u: tf.eye(logits.shape[1]) }, targets, options)
