import { differentiable } from "../autodiff/differentiable.ts"
import { tf } from "../tf.ts"
import { hasKernel, runKernel } from "./fusedKernel.ts"

/** Softmax over the last axis; keeps only its output. Any shape. */
export function softmax<T extends tf.Tensor>(x: T): T {
  return differentiable<T, "x">({ x }, (save) => {
    const value = tf.softmax(x)
    save(value)
    return { value, gradient: (dy, [y]) => ({ x: () => softmaxGradient(dy, y!) }) }
  })
}

/** `y (dy - sum(dy y))` over the last axis. */
export function softmaxGradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  if (hasKernel("FusedSoftmaxGrad")) return runKernel("FusedSoftmaxGrad", { dy, y })
  return tf.mul(y, tf.sub(dy, tf.sum(tf.mul(dy, y), -1, true)))
}
