import { EngineError } from "../EngineError.ts"
import type { Gradients, Parameters } from "../nn/Parameters.ts"
import { tf } from "../tf.ts"
import { backward } from "./backward.ts"
import { discard, record } from "./tape.ts"

/**
 * The value of `f` and its gradients with respect to the trainable variables, named as in `parameters`. A parameter that `f` does not
 * depend on has no entry. The caller disposes the value and the gradients.
 *
 * Unlike `tf.variableGrads` it frees gradients and saved activations as the backward pass goes, and keeps nothing
 * for operations that no trainable variable reaches. Second derivatives are not recorded.
 *
 * @throws EngineError where `f` depends on no trainable variable, or does not return a scalar.
 */
export function variableGrads(f: () => tf.Scalar, parameters: Parameters): { value: tf.Scalar; grads: Gradients } {
  const names = Object.keys(parameters).filter((name) => parameters[name]!.trainable)
  const variables = names.map((name) => parameters[name]!)
  // The scope owns what a failing pass leaves behind.
  return tf.tidy(() => {
    const recording = record(f, variables)
    const { value } = recording
    if (value.size !== 1) {
      discard(recording)
      throw new EngineError(`variableGrads: the loss must be a scalar, its shape is [${value.shape}]`)
    }
    if (!recording.reaches(value)) {
      discard(recording)
      throw new EngineError(`variableGrads: the loss depends on none of the ${names.length} trainable parameters`)
    }
    const found = backward(recording, tf.onesLike(value), variables)
    const grads: Gradients = {}
    names.forEach((name, i) => {
      const gradient = found[i]
      if (gradient !== undefined) grads[name] = gradient
    })
    return { value, grads }
  })
}
