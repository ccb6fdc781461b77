import { LruCache } from "../../caches.ts"
import { EngineError } from "../../errors.ts"
import { tf } from "../../tf.ts"
import type { NativeBuffer } from "../BufferPool.ts"
import { kernelError, type Operand, sizeOf } from "../Kernel.ts"
import { lastTwo, productShape, type Transposition } from "../kernels/matMul.ts"
import type { OnnxBackend } from "../OnnxBackend.ts"
import { type Layout, type OneDnnLibrary, openOneDnn } from "./OneDnnLibrary.ts"
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

/** A base model's step needs some 20 products for each sentence length; one takes 0.1-0.3 ms to compile and 0.1-0.2 MB. */
const productsKept = 256
const roundingsKept = 256
const bf16Bytes = 2

/**
 * Matrix products with operands rounded to bfloat16, sums in float32 and float32 results, on oneDNN. Operands are rounded at each
 * call into memory that is given back: weights, activations, gradients and moments exist in float32 only.
 */
export class Bf16Products {
  readonly library: OneDnnLibrary
  /** Products computed here so far. */
  calls = 0
  readonly #backend: OnnxBackend
  readonly #products = new LruCache<Primitive>(productsKept, (product) => product.release())
  readonly #roundings = new LruCache<Primitive>(roundingsKept, (rounding) => rounding.release())

  constructor(backend: OnnxBackend, library: OneDnnLibrary) {
    this.#backend = backend
    this.library = library
  }

  /** Compiled operations held now. */
  get compiled(): { readonly products: number; readonly roundings: number } {
    return { products: this.#products.size, roundings: this.#roundings.size }
  }

  /**
   * The product `a b`, or `a b + bias` with one number a column.
   *
   * @returns undefined where the fp32 kernel is the one to ask: small products, unusual batches or biases, extents that do not fit.
   * @throws EngineError after an operand was disposed, where memory runs out, and where oneDNN fails.
   */
  run(a: tf.TensorInfo, b: tf.TensorInfo, attributes: Transposition, bias?: tf.TensorInfo): tf.TensorInfo | undefined {
    const product = productOf(a, b, attributes)
    if (product === undefined || (bias && !oneToColumn(bias, product))) return undefined
    this.calls++
    const out = this.#backend.empty(productShape([a, b], attributes), "float32")
    try {
      this.#multiply(product, [a, b, ...(bias ? [bias] : [])], out)
      return out
    } catch (error) {
      this.#backend.disposeData(out.dataId)
      throw error
    }
  }

  clear(): void {
    this.#products.clear()
    this.#roundings.clear()
  }

  #multiply(product: Product, [a, b, bias]: ReadonlyArray<tf.TensorInfo>, out: tf.TensorInfo): void {
    const { pool } = this.#backend
    const operands = [a!, b!].map((tensor) => ({ from: this.#backend.address(tensor), size: sizeOf(tensor.shape) }))
    const primitive = this.#product(product, bias !== undefined)
    const rounded: Array<NativeBuffer> = []
    try {
      for (const { from, size } of operands) {
        const buffer = pool.take(size * bf16Bytes)
        rounded.push(buffer)
        this.#rounding(size).run(from, buffer.address)
      }
      const others = [out, ...(bias ? [bias] : [])].map((tensor) => this.#backend.address(tensor))
      primitive.run(...rounded.map(({ address }) => address), ...others)
    } finally {
      for (const buffer of rounded) pool.give(buffer)
    }
  }

  #product(product: Product, biased: boolean): Primitive {
    const { batch, rows, inner, columns, transposeA, transposeB } = product
    const key = `${batch},${rows},${inner},${columns},${transposeA},${transposeB},${biased}`
    return this.#products.getOr(key, () => {
      const a = matrices("bf16", batch, rows, inner, transposeA)
      const b = matrices("bf16", batch, inner, columns, transposeB)
      const out = matrices("f32", batch, rows, columns)
      return Primitive.matMul(this.library, a, b, out, biased ? matrices("f32", 1, 1, columns) : undefined)
    })
  }

  #rounding(size: number): Primitive {
    const line = { dims: [size], strides: [1] }
    return this.#roundings.getOr(`${size}`, () =>
      Primitive.reorder(this.library, { ...line, type: "f32" }, { ...line, type: "bf16" })
    )
  }
}

/** `[batch, rows, columns]`, read from memory that holds each matrix the other way round where it is transposed. */
const matrices = (type: Layout["type"], batch: number, rows: number, columns: number, transposed = false): Layout => {
  const strides = transposed ? [1, rows] : [columns, 1]
  return { dims: [batch, rows, columns], strides: [rows * columns, ...strides], type }
}

const oneToColumn = ({ dtype, shape }: tf.TensorInfo, { columns }: Product): boolean =>
  dtype === "float32" && shape.at(-1) === columns && sizeOf(shape) === columns

/** Least `batch x rows x inner x columns` for which rounding and multiplying was measured to take no longer than fp32. */
const leastWork = 2 ** 15

/** `[batch, rows, inner] x [batch, inner, columns]` */
interface Product extends Transposition {
  readonly batch: number
  readonly rows: number
  readonly inner: number
  readonly columns: number
}

/**
 * The product that two operands make; undefined where it is too small to gain or a vector's, where extents do not fit (the fp32 kernel says
 * so), and where batches broadcast in other ways than one matrix b for all.
 */
export const productOf = (a: Operand, b: Operand, attributes: Transposition): Product | undefined => {
  if (a.dtype !== "float32" || b.dtype !== "float32" || a.shape.length < 2 || b.shape.length < 2) return undefined
  const { transposeA, transposeB } = attributes
  const [rows, inner] = lastTwo(a.shape, transposeA)
  const [innerB, columns] = lastTwo(b.shape, transposeB)
  const [batch, batchB] = [a, b].map(({ shape }) => sizeOf(shape.slice(0, -2))) as [number, number]
  if (inner !== innerB || batch * rows * inner * columns < leastWork) return undefined
  const sharedB = batchB === 1 && b.shape.length <= a.shape.length
  const product = { batch, rows, inner, columns, transposeA, transposeB }
  if (sharedB && !transposeA) return faster({ ...product, batch: 1, rows: batch * rows })
  if (sharedB) return batch === 1 ? faster(product) : undefined
  const same = a.shape.length === b.shape.length && a.shape.slice(0, -2).every((extent, i) => extent === b.shape[i])
  return same ? faster(product) : undefined
}

/** A matrix by one vector is read once either way: rounding it first takes two to three times as long as fp32 (measured). */
const faster = (product: Product): Product | undefined =>
  product.rows > 1 && product.columns > 1 ? product : undefined
