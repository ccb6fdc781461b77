import { tf } from "../../src/index.ts"

/** Runs `f` on tfjs-cpu and gives every kernel it called with the types of its tensors, as in `GatherV2(float32, int32)`. */
export const recordKernels = async (f: () => Promise<void>): Promise<Array<string>> => {
  const seen = new Set<string>()
  const original = tf.getKernelsForBackend("cpu")
  for (const kernel of original) {
    replace({
      ...kernel,
      kernelFunc: (call) => {
        const tensors = Object.values(call.inputs).flat() as Array<tf.TensorInfo | undefined>
        const types = tensors.filter((tensor) => tensor !== undefined && tensor !== null).map((tensor) => tensor!.dtype)
        // A list of any length is one type to TensorFlow.
        seen.add(`${kernel.kernelName}(${Array.isArray(call.inputs) ? types[0] : types.join(", ")})`)
        return kernel.kernelFunc(call)
      }
    })
  }
  try {
    await f()
  } finally {
    for (const kernel of original) replace(kernel)
  }
  return [...seen].sort()
}

const replace = (kernel: tf.KernelConfig): void => {
  tf.unregisterKernel(kernel.kernelName, "cpu")
  tf.registerKernel(kernel)
}
