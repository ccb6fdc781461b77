import { tf } from "../tf.ts"
import { backward } from "./backward.ts"
import { differentiable } from "./differentiable.ts"
import { record } from "./tape.ts"

/**
 * Activation checkpointing (Chen et al. 2016): `f(...inputs)` keeps only its inputs and is run again in the backward pass. One layer's
 * activations live at a time, for one more forward pass of time.
 *
 * `inputs` are the float tensors that gradients flow to: activations, and every trainable variable that `f` uses,
 * by closure or by argument. An activation reaches `f` as an argument only. `f` must give the same numbers twice: dropout by key.
 */
export function checkpointed<T extends tf.Tensor>(f: (...inputs: tf.Tensor[]) => T, inputs: readonly tf.Tensor[]): T {
  const named = Object.fromEntries(inputs.map((input, i) => [String(i), input]))
  return differentiable<T, string>(named, (save) => {
    const value = f(...inputs)
    // A variable stands for itself, since `f` may reach it by closure; an activation returns as its saved copy.
    save(...inputs.filter((input) => !(input instanceof tf.Variable)))
    return {
      value,
      gradient: (dy, saved) => {
        let next = 0
        const again = inputs.map((input) => (input instanceof tf.Variable ? input : saved[next++]!))
        const gradients = backward(
          record(() => f(...again), again),
          dy,
          again
        )
        return Object.fromEntries(inputs.map((input, i) => [String(i), () => gradients[i] ?? tf.zerosLike(input)]))
      }
    }
  })
}
