import { tf } from "../tf.ts"

/** What a layer computes and how its gradient follows. */
export interface Differentiable<T extends tf.Tensor, Name extends string> {
  readonly value: T
  /** From the gradient of `value` and the saved tensors, the gradient of each input, computed only if asked for. */
  readonly gradient: (dy: T, saved: ReadonlyArray<tf.Tensor>) => Readonly<Record<Name, () => tf.Tensor>>
}

/** The private entry by which `tf.customGrad` records an operation; taken directly, since its gradients are lazy. */
interface KernelRunner {
  runKernelFunc(params: {
    forwardFunc: (backend: unknown, save: (tensors: Array<tf.Tensor>) => void) => tf.Tensor
    backwardsFunc: (dy: tf.Tensor, saved: Array<tf.Tensor>) => Readonly<Record<string, () => tf.Tensor>>
    inputs: Record<string, tf.Tensor>
  }): tf.Tensor
}

/**
 * An operation with a gradient of its own, as `tf.customGrad`, with two differences: inputs have names, and the gradient of an
 * input is computed only where something trainable lies behind it.
 *
 * `forward` runs tidied and unrecorded; what it passes to `save` is kept for the backward pass if there will be one.
 */
export const differentiable = <T extends tf.Tensor, Name extends string>(
  inputs: Readonly<Record<Name, tf.Tensor>>,
  forward: (save: (...tensors: Array<tf.Tensor>) => void) => Differentiable<T, Name>
): T => {
  let gradient: Differentiable<T, Name>["gradient"]
  const runner = tf.engine() as unknown as KernelRunner
  return runner.runKernelFunc({
    forwardFunc: (_backend, save) => {
      const result = forward((...tensors) => save(tensors))
      gradient = result.gradient
      return result.value
    },
    backwardsFunc: (dy, saved) => gradient(dy as T, saved),
    inputs: { ...inputs }
  }) as T
}
