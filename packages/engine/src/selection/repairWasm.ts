import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm"
import { addRows } from "../nn/embedding.ts"
import { tf } from "../tf.ts"

/**
 * What tfjs-wasm lacks for training: products with a transposed operand run on one slow path (measured: ten times the time
 * of a transpose and a plain product), and the gradient of an embedding has no kernel.
 */
export const repairWasm = (): void => {
  for (const name of ["BatchMatMul", "_FusedMatMul"]) transposeFirst(name)
  if (!tf.getKernel("UnsortedSegmentSum", "wasm")) {
    tf.registerKernel({ kernelName: "UnsortedSegmentSum", backendName: "wasm", kernelFunc: segmentSumKernel })
  }
}

/** Replaces a product kernel by one that transposes its operands itself where asked to. */
const transposeFirst = (name: string): void => {
  const product = tf.getKernel(name, "wasm")
  const transpose = tf.getKernel("Transpose", "wasm")
  tf.unregisterKernel(name, "wasm")
  const kernelFunc: tf.KernelFunc = ({ inputs, backend, attrs }) => {
    const made: Array<tf.TensorInfo> = []
    const turned = (x: tf.TensorInfo) => {
      const rank = x.shape.length
      const perm = [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2]
      const result = transpose.kernelFunc({ inputs: { x }, backend, attrs: { perm } }) as tf.TensorInfo
      made.push(result)
      return result
    }
    const a = attrs!.transposeA ? turned(inputs.a!) : inputs.a!
    const b = attrs!.transposeB ? turned(inputs.b!) : inputs.b!
    const plain = { ...attrs, transposeA: false, transposeB: false } as tf.NamedAttrMap
    const result = product.kernelFunc({ inputs: { ...inputs, a, b }, backend, attrs: plain })
    for (const { dataId } of made) (backend as BackendWasm).disposeData(dataId)
    return result
  }
  tf.registerKernel({ ...product, kernelFunc })
}

const segmentSumKernel: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { x, segmentIds } = inputs as Record<"x" | "segmentIds", tf.TensorInfo>
  const { numSegments } = attrs as unknown as tf.UnsortedSegmentSumAttrs
  const wasm = backend as BackendWasm
  const output = wasm.makeOutput([numSegments, ...x.shape.slice(segmentIds.shape.length)], x.dtype)
  const sums = wasm.typedArrayFromHeap(output) as Float32Array
  const from = wasm.typedArrayFromHeap(x) as Float32Array
  const ids = wasm.typedArrayFromHeap(segmentIds) as Int32Array
  addRows(sums, from, ids, numSegments)
  return output
}
