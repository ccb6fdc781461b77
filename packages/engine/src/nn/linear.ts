import { differentiable } from "../autodiff/differentiable.ts"
import { EngineError } from "../EngineError.ts"
import { tf } from "../tf.ts"

/**
 * `y = x W + b`, one fused product.
 *
 * @param x [..., in]
 * @param kernel [in, out]: the transpose of a PyTorch `Linear.weight`.
 * @param bias [out]
 * @returns [..., out]
 */
export function linear<T extends tf.Tensor>(x: T, kernel: tf.Tensor, bias?: tf.Tensor): T {
  const [inputs, outputs] = kernel.shape as [number, number]
  if (kernel.rank !== 2 || x.shape.at(-1) !== inputs || (bias && (bias.rank !== 1 || bias.size !== outputs))) {
    const b = bias ? `, bias [${bias.shape}]` : ""
    throw new EngineError(`linear: x [${x.shape}], kernel [${kernel.shape}]${b}; needs [..., in], [in, out], [out]`)
  }
  // Only x and W are saved: tfjs's own fused product keeps its output as well.
  return differentiable<T, string>({ x, kernel, ...(bias && { bias }) }, (save) => {
    const y = tf.fused.matMul({
      a: rows(x, inputs),
      b: kernel as tf.Tensor2D,
      ...(bias ? { bias: bias as tf.Tensor1D } : {})
    }) // [rows, out]
    save(x, kernel)
    return {
      value: tf.reshape(y, [...x.shape.slice(0, -1), outputs]) as T,
      gradient: (dy, [x, kernel]) => ({
        x: () => tf.reshape(tf.matMul(rows(dy, outputs), kernel as tf.Tensor2D, false, true), x!.shape),
        kernel: () => tf.matMul(rows(x!, inputs), rows(dy, outputs), true, false),
        bias: () => tf.sum(rows(dy, outputs), 0)
      })
    }
  })
}

const rows = (x: tf.Tensor, width: number): tf.Tensor2D => tf.reshape(x, [x.size / width, width])
