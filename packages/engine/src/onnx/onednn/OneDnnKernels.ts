import { EngineError } from "../../errors.ts"
import { LruCache } from "../../LruCache.ts"
import { tf } from "../../tf.ts"
import { kernelError, sizeOf } from "../Kernel.ts"
import type { OnnxBackend } from "../OnnxBackend.ts"
import { Bf16Products } from "./Bf16Products.ts"
import { type OneDnnLibrary, openOneDnn } from "./OneDnnLibrary.ts"
import { Primitive } from "./Primitive.ts"

/** The kernels that `OneDnnKernels` may take over. */
export const oneDnnKernels: ReadonlyArray<string> = ["BatchMatMul", "_FusedMatMul", "PackedLinear", "FusedGeluGrad"]

/** The kernels behind tfjs's names of activations, in fp32; one with a parameter leaves its product in fp32 as well. */
const activationKernels: Record<string, string> = { relu: "Relu", relu6: "Relu6", sigmoid: "Sigmoid", elu: "Elu" }

/** Below this size ONNX Runtime's gradient of GELU is as fast. */
const leastGelu = 2 ** 12

/** Compiled gradients, one for each size. */
const gradientsKept = 64

/** Below this many rows rounding the weights costs more than bf16 saves on weights that ONNX Runtime has laid out. */
const leastRows = 32

/** What oneDNN computes while the engine's precision is bf16. */
export class OneDnnKernels {
  readonly library: OneDnnLibrary
  readonly products: Bf16Products
  readonly #gradients = new LruCache<Primitive>(gradientsKept, (primitive) => primitive.release())
  readonly #backend: OnnxBackend

  /** @throws EngineError where oneDNN is missing, computes wrong numbers, or would be slow on this processor. */
  constructor(backend: OnnxBackend) {
    this.library = openOneDnn(backend.threads)
    this.#backend = backend
    this.products = new Bf16Products(backend, this.library)
    checkProducts(this.products, backend)
  }

  /** The result of a kernel of `oneDnnKernels`, or undefined where ONNX Runtime's is the one to run. @throws EngineError */
  run(name: string, inputs: tf.NamedTensorInfoMap, attributes: tf.NamedAttrMap): tf.TensorInfo | undefined {
    const { a, b, bias, dy, kernel, x } = inputs
    try {
      if (a && b) return this.#product(a, b, bias, attributes)
      if (x && kernel) return x.shape[0]! < leastRows ? undefined : this.#product(x, kernel, bias, {})
      return dy && x && sizeOf(x.shape) >= leastGelu ? this.#geluGradient(dy, x) : undefined
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

  /** `dy (cdf(x) + x pdf(x))` in float32: one pass on oneDNN takes a third of the time of ONNX Runtime's eleven. */
  #geluGradient(dy: tf.TensorInfo, x: tf.TensorInfo): tf.TensorInfo {
    if (dy.dtype !== "float32" || x.dtype !== "float32") throw new EngineError("takes float32 tensors")
    if (dy.shape.join() !== x.shape.join()) throw new EngineError(`dy has shape [${dy.shape}], not [${x.shape}]`)
    const [from, gradient] = [x, dy].map((tensor) => this.#backend.address(tensor)) as [number, number]
    const size = sizeOf(x.shape)
    const primitive = this.#gradients.getOr(`${size}`, () =>
      Primitive.geluGradient(this.library, { dims: [size], strides: [1], type: "f32" })
    )
    const dx = this.#backend.empty([...x.shape], "float32")
    primitive.run(from, gradient, this.#backend.address(dx))
    return dx
  }

  /** Gives compiled operations back; they are compiled again when they are needed. */
  clear(): void {
    this.products.clear()
    this.#gradients.clear()
  }
}

const size = 64

/**
 * Multiplies two matrices of small whole numbers, which bf16 holds exactly, one of them transposed and with a bias.
 *
 * @throws EngineError where a number is off, or where oneDNN has no fast code for it.
 */
const checkProducts = (products: Bf16Products, backend: OnnxBackend): void => {
  const at = (row: number, column: number) => ((row * 7 + column * 3) % 9) - 4
  const values = Float32Array.from({ length: size * size }, (_, i) => at(Math.floor(i / size), i % size))
  const write = (values: Float32Array, shape: Array<number>): tf.TensorInfo => ({
    dataId: backend.write(values, shape, "float32"),
    shape,
    dtype: "float32"
  })
  const [matrix, bias] = [write(values, [size, size]), write(values.slice(0, size), [size])]
  try {
    const product = products.run(matrix, matrix, { transposeA: false, transposeB: true }, bias)!
    const got = backend.readSync(product.dataId) as Float32Array
    backend.disposeData(product.dataId)
    for (const [i, actual] of got.entries()) {
      const [row, column] = [Math.floor(i / size), i % size]
      let expected = at(0, column)
      for (let k = 0; k < size; k++) expected += at(row, k) * at(column, k)
      if (actual !== expected) throw new EngineError(`bf16 self-check: number ${i} is ${actual}, not ${expected}`)
    }
  } finally {
    for (const { dataId } of [matrix, bias]) backend.disposeData(dataId)
  }
}
