import type { Gradients } from "../nn/Parameters.ts"
import { tf } from "../tf.ts"

/** The 2-norm of all gradients taken as one vector. Memory is the squares of one gradient. */
export async function globalNorm(gradients: Gradients): Promise<number> {
  const all = Object.values(gradients)
  if (all.length === 0) return 0
  const sums = all.map((gradient) => tf.tidy(() => tf.sum(tf.square(gradient))))
  const squares = tf.stack(sums)
  tf.dispose(sums)
  const values = await squares.data()
  squares.dispose()
  return Math.sqrt(Array.from(values).reduce((sum, square) => sum + square, 0))
}

/**
 * Scales all gradients by `maxNorm / norm` where their global norm exceeds `maxNorm` (Pascanu et al. 2013), as PyTorch's
 * `clip_grad_norm_`. Replaces the tensors in `gradients`; the old ones are freed.
 *
 * @returns the norm before clipping
 */
export async function clipByGlobalNorm(gradients: Gradients, maxNorm: number): Promise<number> {
  const norm = await globalNorm(gradients)
  const factor = maxNorm / (norm + 1e-6)
  if (factor < 1) scaleGradients(gradients, factor)
  return norm
}

/** Multiplies every gradient, replacing the tensors. */
export function scaleGradients(gradients: Gradients, factor: number): void {
  for (const [name, gradient] of Object.entries(gradients)) {
    gradients[name] = tf.mul(gradient, factor)
    gradient.dispose()
  }
}

/** Adds `more` into `sum`, which takes its tensors over. */
export function addGradients(sum: Gradients, more: Gradients): void {
  for (const [name, gradient] of Object.entries(more)) {
    const held = sum[name]
    if (held === undefined) sum[name] = gradient
    else {
      sum[name] = tf.add(held, gradient)
      held.dispose()
      gradient.dispose()
    }
  }
}
