import { differentiable, isRecording } from "../autodiff/tape.ts"
import { EngineError } from "../errors.ts"
import { addGradients, type Gradients } from "../nn/Parameters.ts"
import { tf } from "../tf.ts"

/** One chunk's share of a loss, and its gradient with respect to the chunk's logits where asked for. */
export interface PartialLoss {
  readonly loss: tf.Scalar
  readonly gradient: tf.Tensor2D | undefined
}

export interface Head {
  /** [rows, d] */
  readonly h: tf.Tensor2D
  /** [columns, d]: concept vectors, or an embedding table. */
  readonly u: tf.Tensor2D
  /** Multiplies the product; a scalar tensor is learned. Default 1. */
  readonly scale?: number | tf.Tensor
  /** Added to the logits; a tensor, scalar or [columns], is learned. Default 0. */
  readonly bias?: number | tf.Tensor
}

/**
 * A loss over `z = scale (h u^T) + bias` [rows, columns] that never holds more than `maxLogits` logits: rows are worked off in
 * chunks, and each chunk's gradient is folded into h, u, scale and bias at once, in the forward pass. Neither logits nor
 * their gradients are kept; the peak is about four chunks, plus the gradients of h and u.
 *
 * @param lossOf the share of the rows from `start` on, given their logits; shares add up to the loss.
 */
export const chunkedHead = (
  { h, u, scale = 1, bias = 0 }: Head,
  maxLogits: number,
  lossOf: (z: tf.Tensor2D, start: number, withGradient: boolean) => PartialLoss
): tf.Scalar => {
  const [rows, width] = h.shape
  const columns = u.shape[0]
  if (h.rank !== 2 || u.rank !== 2 || u.shape[1] !== width) {
    throw new EngineError(`loss: h [${h.shape}] and u [${u.shape}] must be [rows, d] and [columns, d]`)
  }
  if (rows === 0 || columns === 0) throw new EngineError(`loss: no logits in [${rows}, ${columns}]`)
  const learned = {
    ...(typeof scale === "number" ? {} : { scale }),
    ...(typeof bias === "number" ? {} : { bias })
  }
  const size = Math.max(1, Math.floor(maxLogits / columns))
  return differentiable<tf.Scalar, string>({ h, u, ...learned }, (save) => {
    const withGradient = isRecording()
    const total: Gradients = {}
    const dh: Array<tf.Tensor2D> = []
    for (let start = 0; start < rows; start += size) {
      const { h: part, ...sums } = tf.tidy((): Record<string, tf.Tensor> => {
        const hs = size >= rows ? h : tf.slice(h, [start, 0], [Math.min(size, rows - start), width])
        const product = tf.matMul(hs, u, false, true) // [chunk, columns]
        const scaled = scale === 1 ? product : tf.mul(product, scale)
        const z = (bias === 0 ? scaled : tf.add(scaled, bias)) as tf.Tensor2D
        const { loss, gradient } = lossOf(z, start, withGradient)
        if (!gradient) return { loss }
        const d: tf.Tensor2D = scale === 1 ? gradient : tf.mul(gradient, scale)
        return {
          loss,
          h: tf.matMul(d, u),
          u: tf.matMul(d, hs, true, false),
          ...(learned.scale && { scale: tf.reshape(tf.sum(tf.mul(gradient, product)), learned.scale.shape) }),
          ...(learned.bias && {
            bias: tf.reshape(learned.bias.size === 1 ? tf.sum(gradient) : tf.sum(gradient, 0), learned.bias.shape)
          })
        }
      })
      if (part) dh.push(part as tf.Tensor2D)
      addGradients(total, sums)
    }
    const { loss, ...sums } = total
    const names = ["h", ...Object.keys(sums)]
    if (withGradient) save(dh.length === 1 ? dh[0]! : tf.concat(dh, 0), ...Object.values(sums))
    return {
      value: loss as tf.Scalar,
      gradient: (dy, saved) => Object.fromEntries(names.map((name, i) => [name, () => tf.mul(saved[i]!, dy)]))
    }
  })
}
