import { EngineError } from "../../EngineError.ts"
import type { tf } from "../../tf.ts"
import type { OnnxBackend } from "../OnnxBackend.ts"
import type { Bf16Products } from "./Bf16Products.ts"

const size = 64

/**
 * Multiplies two matrices of small whole numbers, which bf16 holds exactly, one of them transposed and with a bias.
 *
 * @throws EngineError where a number is off, or where oneDNN has no fast code for it.
 */
export function checkProducts(products: Bf16Products, backend: OnnxBackend): void {
  const at = (row: number, column: number) => ((row * 7 + column * 3) % 9) - 4
  const values = Float32Array.from({ length: size * size }, (_, i) => at(Math.floor(i / size), i % size))
  const write = (values: Float32Array, shape: number[]): tf.TensorInfo => ({
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
