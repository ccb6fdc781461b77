import type { tf } from "../tf.ts"

/** A model's weights by name, as in its Hugging Face checkpoint. A variable is trained unless its `trainable` is false. */
export type Parameters = Record<string, tf.Variable>

/** Gradients by parameter name; a parameter without an entry has none. */
export type Gradients = Record<string, tf.Tensor>

/** Sets `trainable` on every parameter: false where `match` says so, true elsewhere. Returns how many are frozen. */
export function freeze(parameters: Parameters, match: (name: string) => boolean): number {
  let count = 0
  for (const [name, parameter] of Object.entries(parameters)) {
    parameter.trainable = !match(name)
    if (!parameter.trainable) count++
  }
  return count
}

/** Frees every tensor of a record of tensors. */
export function disposeAll(tensors: Readonly<Record<string, tf.Tensor>>): void {
  for (const tensor of Object.values(tensors)) tensor.dispose()
}
