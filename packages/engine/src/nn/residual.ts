import { differentiable } from "../autodiff/tape.ts"
import { EngineError } from "../errors.ts"
import { tf } from "../tf.ts"

/** `x + y` of one shape. Keeps neither operand for the backward pass; `tf.add` keeps both. */
export const residual = <T extends tf.Tensor>(x: T, y: T): T => {
  if (!tf.util.arraysEqual(x.shape, y.shape)) {
    throw new EngineError(`residual: shapes [${x.shape}] and [${y.shape}] differ`)
  }
  return differentiable<T, "x" | "y">({ x, y }, () => ({
    value: tf.add(x, y),
    gradient: (dy) => ({ x: () => dy, y: () => dy })
  }))
}
