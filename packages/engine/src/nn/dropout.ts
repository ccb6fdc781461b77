import { differentiable } from "../autodiff/tape.ts"
import { EngineError } from "../errors.ts"
import { checkFloat, filled, type HostKernel, hasKernel, runKernel, sizeOf } from "../onnx/Kernel.ts"
import { tf } from "../tf.ts"
import { compileKernels } from "../vector/kernels.ts"
import { randomKey } from "./random.ts"

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
export const dropout = <T extends tf.Tensor>(x: T, rate: number, key: DropoutKey): T => {
  if (!(rate >= 0 && rate < 1)) throw new EngineError(`dropout: rate must be in [0, 1), it is ${rate}`)
  return differentiable<T, "x">({ x }, () => ({
    value: rate === 0 ? tf.clone(x) : dropped(x, rate, key),
    gradient: (dy) => ({ x: () => (rate === 0 ? dy : dropped(dy, rate, key)) })
  }))
}

/**
 * The numbers of x that stay, divided by the share kept; 0 for the rest. `rate` is rounded to 1/65536. Not recorded.
 *
 * @param offset the element of a larger tensor that x starts at: its mask is a part of the larger one's
 */
export const dropped = <T extends tf.Tensor>(x: T, rate: number, key: DropoutKey, offset = 0): T => {
  const random = randomKey(key.seed, key.step, key.site)
  const threshold = Math.min(Math.round(rate * 0x1_0000), 0xffff)
  const options = { threshold, kept: 0x1_0000 / (0x1_0000 - threshold), offset, key: [...random] }
  if (hasKernel("FusedDropout")) return runKernel<T>("FusedDropout", { x }, options)
  return tf.tidy(() => tf.mul(x, tf.tensor(maskOf(x.size, options), x.shape)) as T)
}

/** Numbers of a mask made at once: with as many ones beside them, 128 KB of memory for the kernel. */
const block = 2 ** 14

const oneThread = () => {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true })
  const [ones, made] = [new Float32Array(memory.buffer, 0, block).fill(1), new Float32Array(memory.buffer, block * 4)]
  return { kernel: compileKernels(memory).dropout, ones, made }
}

let compiled: ReturnType<typeof oneThread> | undefined

/** The mask alone, for engines without threads of ours. */
const maskOf = (size: number, { key, kept, offset, threshold }: DropoutAttributes): Float32Array => {
  compiled ??= oneThread()
  const { kernel, made, ones } = compiled
  const mask = new Float32Array(size)
  for (let at = 0; at < size; at += block) {
    const count = Math.min(block, size - at)
    kernel(at, count, ones.byteOffset, made.byteOffset, offset, key[0]!, key[1]!, threshold, kept)
    mask.set(made.subarray(0, count), at)
  }
  return mask
}

export interface DropoutAttributes {
  readonly key: ReadonlyArray<number>
  /** Of the 16 random bits of a number: below it the number is dropped. */
  readonly threshold: number
  /** What a number that stays is multiplied by. */
  readonly kept: number
  /** The number of a larger tensor's mask that this one begins with. */
  readonly offset: number
}

export const dropoutKernel: HostKernel<"x", DropoutAttributes> = {
  name: "FusedDropout",
  run(backend, { x }, { key, kept, offset, threshold }) {
    checkFloat("FusedDropout", [x])
    const operand = backend.address(x)
    return filled(backend, [...x.shape], (address) => ({
      kernel: "dropout",
      units: sizeOf(x.shape),
      addresses: [operand, address],
      numbers: [offset, key[0]!, key[1]!, threshold, kept]
    }))
  }
}
