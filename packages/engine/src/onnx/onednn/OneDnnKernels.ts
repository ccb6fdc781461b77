import { tf } from "../../tf.ts"
import { sizeOf } from "../Kernel.ts"
import { kernelError } from "../kernelError.ts"
import type { OnnxBackend } from "../OnnxBackend.ts"
import { Bf16Products } from "./Bf16Products.ts"
import { checkProducts } from "./checkProducts.ts"
import { GeluGradient } from "./GeluGradient.ts"
import { type OneDnnLibrary, openOneDnn } from "./OneDnnLibrary.ts"

/** The kernels that `OneDnnKernels` may take over. */
export const oneDnnKernels: readonly string[] = ["BatchMatMul", "_FusedMatMul", "PackedLinear", "FusedGeluGrad"]

/** The kernels behind tfjs's names of activations, in fp32; one with a parameter leaves its product in fp32 as well. */
const activationKernels: Record<string, string> = { relu: "Relu", relu6: "Relu6", sigmoid: "Sigmoid", elu: "Elu" }

/** Below this size ONNX Runtime's gradient of GELU is as fast. */
const leastGelu = 2 ** 12

/** Below this many rows rounding the weights costs more than bf16 saves on weights that ONNX Runtime has laid out. */
const leastRows = 32

/** What oneDNN computes while the engine's precision is bf16. */
export class OneDnnKernels {
  readonly library: OneDnnLibrary
  readonly products: Bf16Products
  readonly #geluGradient: GeluGradient
  readonly #backend: OnnxBackend

  /** @throws EngineError where oneDNN is missing, computes wrong numbers, or would be slow on this processor. */
  constructor(backend: OnnxBackend) {
    this.library = openOneDnn(backend.threads)
    this.#backend = backend
    this.products = new Bf16Products(backend, this.library)
    this.#geluGradient = new GeluGradient(backend, this.library)
    checkProducts(this.products, backend)
  }

  /** The result of a kernel of `oneDnnKernels`, or undefined where ONNX Runtime's is the one to run. @throws EngineError */
  run(name: string, inputs: tf.NamedTensorInfoMap, attributes: tf.NamedAttrMap): tf.TensorInfo | undefined {
    const { a, b, bias, dy, kernel, x } = inputs
    try {
      if (a && b) return this.#product(a, b, bias, attributes)
      if (x && kernel) return x.shape[0]! < leastRows ? undefined : this.#product(x, kernel, bias, {})
      return dy && x && sizeOf(x.shape) >= leastGelu ? this.#geluGradient.run(dy, x) : undefined
    } catch (error) {
      const operands = [a, b, dy, x, kernel, bias].filter((operand) => operand !== undefined && operand !== null)
      throw kernelError(name, operands, error)
    }
  }

  #product(
    a: tf.TensorInfo,
    b: tf.TensorInfo,
    bias: tf.TensorInfo | undefined,
    attributes: Partial<tf._FusedMatMulAttrs>
  ): tf.TensorInfo | undefined {
    const { activation = "linear", transposeA = false, transposeB = false } = attributes
    const after = activationKernels[activation]
    if (activation !== "linear" && after === undefined) return undefined
    const product = this.products.run(a, b, { transposeA, transposeB }, bias)
    if (product === undefined || after === undefined) return product
    try {
      const kernel = tf.getKernel(after, "onnx")!
      return kernel.kernelFunc({ inputs: { x: product }, backend: this.#backend, attrs: {} }) as tf.TensorInfo
    } finally {
      this.#backend.disposeData(product.dataId)
    }
  }

  /** Gives compiled operations back; they are compiled again when they are needed. */
  clear(): void {
    this.products.clear()
    this.#geluGradient.clear()
  }
}
