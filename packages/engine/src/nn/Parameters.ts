import { tf } from "../tf.ts"

/** A model's weights by name, as in its Hugging Face checkpoint. A variable is trained unless its `trainable` is false. */
export type Parameters = Record<string, tf.Variable>

/** Gradients by parameter name; a parameter without an entry has none. */
export type Gradients = Record<string, tf.Tensor>

/** Sets `trainable` on every parameter: false where `match` says so, true elsewhere. Returns how many are frozen. */
export const freeze = (parameters: Parameters, match: (name: string) => boolean): number => {
  let count = 0
  for (const [name, parameter] of Object.entries(parameters)) {
    parameter.trainable = !match(name)
    if (!parameter.trainable) count++
  }
  return count
}

/** Frees every tensor of a record of tensors. */
export const disposeAll = (tensors: Readonly<Record<string, tf.Tensor>>): void => {
  for (const tensor of Object.values(tensors)) tensor.dispose()
}

/** Adds `more` into `sum`, which takes its tensors over. */
export const addGradients = (sum: Gradients, more: Gradients): void => {
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

/**
 * What stands for the numbers of all parameters: equal lists, equal numbers. Undefined once an optimizer has written into one of them,
 * and may do so again without a trace.
 */
export const markOf = (parameters: Parameters): ReadonlyArray<object> | undefined => {
  const onnx = tf.findBackend("onnx") as (tf.KernelBackend & { isWritten(dataId: tf.DataId): boolean }) | null
  const marks = Object.values(parameters).map(({ dataId }) => dataId)
  return onnx !== null && marks.some((dataId) => onnx.isWritten(dataId)) ? undefined : marks
}
