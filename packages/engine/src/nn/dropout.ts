import { differentiable } from "../autodiff/differentiable.ts"
import { EngineError } from "../EngineError.ts"
import { fillMask } from "../simd/maskLoop.ts"
import { tf } from "../tf.ts"
import { randomKey } from "./counterRandom.ts"
import { hasKernel, runKernel } from "./fusedKernel.ts"

/** The masks of one step (micro-batch) of a run. */
export interface DropoutStream {
  readonly seed: number
  readonly step: number
}

/** Names one dropout mask: the run, the step (micro-batch) and the place in the network. The same key gives the same mask. */
export interface DropoutKey extends DropoutStream {
  /** For example "encoder.layer.3.output". Two places with one name would share their mask. */
  readonly site: string
}

/**
 * Sets a share `rate` of the numbers to 0 and divides the rest by the share kept (Srivastava et al. 2014). The mask is made
 * again in the backward pass: nothing is kept.
 *
 * @param rate in [0, 1); 0 returns a view of x.
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, key: DropoutKey): T {
  if (!(rate >= 0 && rate < 1)) throw new EngineError(`dropout: rate must be in [0, 1), it is ${rate}`)
  return differentiable<T, "x">({ x }, () => ({
    value: rate === 0 ? tf.clone(x) : (tf.mul(x, dropoutMask(x.shape, rate, key)) as T),
    gradient: (dy) => ({ x: () => (rate === 0 ? dy : tf.mul(dy, dropoutMask(x.shape, rate, key))) })
  }))
}

/**
 * 0 or 1 / (1 - rate), rate rounded to 1/65536. `offset`: the element of a larger tensor's mask that this one starts at.
 */
export function dropoutMask(shape: readonly number[], rate: number, key: DropoutKey, offset = 0): tf.Tensor {
  const random = randomKey(key.seed, key.step, key.site)
  const threshold = Math.min(Math.round(rate * 0x1_0000), 0xffff)
  const options = { threshold, kept: 0x1_0000 / (0x1_0000 - threshold), offset }
  if (hasKernel("DropoutMask")) return runKernel("DropoutMask", {}, { ...options, shape: [...shape], key: [...random] })
  const mask = new Float32Array(tf.util.sizeFromShape([...shape]))
  fillMask(mask, random, options)
  return tf.tensor(mask, [...shape])
}
