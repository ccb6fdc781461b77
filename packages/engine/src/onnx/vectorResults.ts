import { EngineError } from "../errors.ts"
import type { tf } from "../tf.ts"
import type { VectorJob } from "../vector/VectorThreads.ts"
import { sizeOf } from "./Kernel.ts"
import type { OnnxBackend } from "./OnnxBackend.ts"

/** @throws EngineError where a tensor is not float32 or has another shape than it should. */
export const checkOperands = (
  operands: Readonly<Record<string, readonly [tensor: tf.TensorInfo, shape: ReadonlyArray<number>]>>
): void => {
  for (const [name, [{ dtype, shape }, expected]] of Object.entries(operands)) {
    if (dtype !== "float32") throw new EngineError(`takes float32 tensors, ${name} is ${dtype}`)
    if (shape.join() !== expected.join()) throw new EngineError(`${name} has shape [${shape}], not [${expected}]`)
  }
}

/** Where the tensor's numbers lie. */
export const addressOf = (backend: OnnxBackend, tensor: tf.TensorInfo): number => backend.address(tensor)
export const filled = (
  backend: OnnxBackend,
  shape: Array<number>,
  job: (address: number) => VectorJob
): tf.TensorInfo => {
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
export const summed = (
  backend: OnnxBackend,
  count: number,
  width: number,
  run: (addresses: Array<number>) => void
): Array<tf.TensorInfo> => {
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
