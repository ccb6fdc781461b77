import type { Gradients, Parameters } from "../nn/Parameters.ts"
import type { tf } from "../tf.ts"

/** What an optimizer remembers: plain data, so that a checkpoint can hold it. */
export interface OptimizerState {
  /** Updates made so far. */
  step: number
  /** Moments and the like, by name; variables that the state owns. */
  readonly tensors: Record<string, tf.Variable>
}

/** An optimizer is two functions. */
export interface Optimizer {
  /** The state before the first update, for the trainable parameters. The caller disposes its tensors. */
  readonly init: (parameters: Parameters) => OptimizerState
  /**
   * Moves each parameter that has a gradient, in place, and the state with it. Gradients stay the caller's.
   *
   * @param lr the learning rate of this update
   * @param scale multiplies every gradient, as for clipping or a mean over micro-batches. Default 1
   */
  readonly update: (
    parameters: Parameters,
    gradients: Gradients,
    state: OptimizerState,
    lr: number,
    scale?: number
  ) => void
}
