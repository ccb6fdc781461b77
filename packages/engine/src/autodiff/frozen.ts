import { tf } from "../tf.ts"
import { offTape } from "./tape.ts"

/**
 * Runs `f` outside the tape: no gradient flows into it, and none of its activations is kept.
 *
 * Layers whose variables are not trainable need no `frozen`: `variableGrads` keeps nothing for them as long as
 * nothing below them is trainable.
 */
export const frozen = <T extends tf.TensorContainer>(f: () => T): T => offTape(() => tf.tidy(f))

/** The same numbers as `x`, cut off from what they were computed from. */
export const stopGradient = <T extends tf.Tensor>(x: T): T => offTape(() => tf.clone(x))
