import { EngineError } from "../../errors.ts"
import type { tf } from "../../tf.ts"
import type { VectorJob } from "../../vector/VectorThreads.ts"
import { type HostKernel, sizeOf } from "../Kernel.ts"
import type { OnnxBackend } from "../OnnxBackend.ts"

// Kernels that tfjs does not know and ONNX Runtime has no operators for, on the engine's own threads. The building blocks call them by
// name where the engine has them and compute the same from tfjs's kernels where it has not.

/** @throws EngineError where a tensor is not float32 or has another shape than it should. */
function check(operands: Readonly<Record<string, readonly [tensor: tf.TensorInfo, shape: readonly number[]]>>): void {
  for (const [name, [{ dtype, shape }, expected]] of Object.entries(operands)) {
    if (dtype !== "float32") throw new EngineError(`takes float32 tensors, ${name} is ${dtype}`)
    if (shape.join() !== expected.join()) throw new EngineError(`${name} has shape [${shape}], not [${expected}]`)
  }
}

const addressOf = (backend: OnnxBackend, tensor: tf.TensorInfo): number => backend.native(tensor).buffer!.address

/** A result of that shape, filled by a kernel that is given its address. */
function filled(backend: OnnxBackend, shape: number[], job: (address: number) => VectorJob): tf.TensorInfo {
  const result = backend.empty(shape, "float32")
  try {
    if (sizeOf(shape) > 0) backend.vector.run([job(addressOf(backend, result))])
    return result
  } catch (error) {
    backend.disposeData(result.dataId)
    throw error
  }
}

/** Sums over all units that the threads make each for itself, `[width]` each, added up in the order of the threads. */
function summed(
  backend: OnnxBackend,
  count: number,
  width: number,
  run: (addresses: number[]) => void
): tf.TensorInfo[] {
  const { threads } = backend.vector
  const parts = Array.from({ length: count }, () => backend.pool.take(threads * width * 4))
  try {
    run(parts.map(({ address }) => address))
    return parts.map(({ array }) => {
      const result = backend.empty([width], "float32")
      const sums = backend.native(result).view() as Float32Array
      sums.set(new Float32Array(array, 0, width))
      for (let thread = 1; thread < threads; thread++) {
        const part = new Float32Array(array, thread * width * 4, width)
        for (let i = 0; i < width; i++) sums[i]! += part[i]!
      }
      return result
    })
  } finally {
    for (const part of parts) backend.pool.give(part)
  }
}

const geluGrad: HostKernel<"dy" | "x"> = {
  name: "FusedGeluGrad",
  run(backend, { dy, x }) {
    check({ x: [x, x.shape], dy: [dy, x.shape] })
    const operands = [dy, x].map((tensor) => addressOf(backend, tensor))
    return filled(backend, [...x.shape], (address) => ({
      kernel: "geluGrad",
      units: sizeOf(x.shape),
      addresses: [...operands, address]
    }))
  }
}

/** Gradients of x `[..., hidden]`, gamma and beta `[hidden]`. */
const layerNormGrad: HostKernel<"dy" | "x" | "gamma" | "mean" | "rstd"> = {
  name: "FusedLayerNormGrad",
  run(backend, { dy, x, gamma, mean, rstd }) {
    const width = x.shape.at(-1)!
    const rows = [...x.shape.slice(0, -1), 1]
    check({ x: [x, x.shape], dy: [dy, x.shape], gamma: [gamma, [width]], mean: [mean, rows], rstd: [rstd, rows] })
    const operands = [dy, x, gamma, mean, rstd].map((tensor) => addressOf(backend, tensor))
    let dx: tf.TensorInfo
    const sums = summed(backend, 2, width, (addresses) => {
      dx = filled(backend, [...x.shape], (address) => ({
        kernel: "layerNormGrad",
        units: sizeOf(x.shape) / width,
        width,
        addresses: [...operands, address, ...addresses],
        numbers: [width]
      }))
    })
    return [dx!, ...sums]
  }
}

/** `y * (dy - sum(dy * y))` over the last axis, y being the softmax. */
const softmaxGrad: HostKernel<"dy" | "y"> = {
  name: "FusedSoftmaxGrad",
  run(backend, { dy, y }) {
    check({ y: [y, y.shape], dy: [dy, y.shape] })
    const width = y.shape.at(-1)!
    const operands = [dy, y].map((tensor) => addressOf(backend, tensor))
    return filled(backend, [...y.shape], (address) => ({
      kernel: "softmaxGrad",
      units: sizeOf(y.shape) / width,
      width,
      addresses: [...operands, address],
      numbers: [width]
    }))
  }
}

export interface DropoutAttributes {
  readonly key: readonly number[]
  /** Of the 16 random bits of a number: below it the number is dropped. */
  readonly threshold: number
  /** What a number that stays is multiplied by. */
  readonly kept: number
  /** The number of a larger tensor's mask that this one begins with. */
  readonly offset: number
}

const dropout: HostKernel<"x", DropoutAttributes> = {
  name: "FusedDropout",
  run(backend, { x }, { key, kept, offset, threshold }) {
    check({ x: [x, x.shape] })
    const operand = addressOf(backend, x)
    return filled(backend, [...x.shape], (address) => ({
      kernel: "dropout",
      units: sizeOf(x.shape),
      addresses: [operand, address],
      numbers: [offset, key[0]!, key[1]!, threshold, kept]
    }))
  }
}

export const vectorKernels = [geluGrad, layerNormGrad, softmaxGrad, dropout] as readonly HostKernel[]
