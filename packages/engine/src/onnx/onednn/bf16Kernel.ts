import { tf } from "../../tf.ts"
import { kernelError } from "../kernelError.ts"
import type { OnnxBackend } from "../OnnxBackend.ts"

/** Kernels that take their product from `Bf16Products` while the engine's precision is bf16. */
export const bf16Kernels: readonly string[] = ["BatchMatMul", "_FusedMatMul"]

/** The kernels behind tfjs's names of activations, in fp32; one with a parameter leaves its product in fp32 as well. */
const activationKernels: Record<string, string> = { relu: "Relu", relu6: "Relu6", sigmoid: "Sigmoid", elu: "Elu" }

/** The result of a kernel of `bf16Kernels`, or undefined where its fp32 form is the one to run. @throws EngineError */
export function runBf16(
  backend: OnnxBackend,
  name: string,
  inputs: tf.NamedTensorInfoMap,
  attributes: tf.NamedAttrMap
): tf.TensorInfo | undefined {
  const { a, b, bias } = inputs
  const { activation = "linear", transposeA = false, transposeB = false } = attributes as Partial<tf._FusedMatMulAttrs>
  const after = activationKernels[activation]
  if (!a || !b || (activation !== "linear" && after === undefined)) return undefined
  try {
    const product = backend.products?.run(a, b, { transposeA, transposeB }, bias)
    if (product === undefined || after === undefined) return product
    try {
      const kernel = tf.getKernel(after, "onnx")!
      return kernel.kernelFunc({ inputs: { x: product }, backend, attrs: {} }) as tf.TensorInfo
    } finally {
      backend.disposeData(product.dataId)
    }
  } catch (error) {
    throw kernelError(name, [a, b, ...(bias ? [bias] : [])], error)
  }
}
