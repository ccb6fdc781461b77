import { type Operand, sizeOf } from "../Kernel.ts"
import { lastTwo, type Transposition } from "../kernels/productShape.ts"

/** Least `batch x rows x inner x columns` for which rounding and multiplying was measured to take no longer than fp32. */
const leastWork = 2 ** 15

/** `[batch, rows, inner] x [batch, inner, columns]` */
export interface Product extends Transposition {
  readonly batch: number
  readonly rows: number
  readonly inner: number
  readonly columns: number
}

/**
 * The product that two operands make; undefined where it is too small to gain or a vector's, where extents do not fit (the fp32 kernel says
 * so), and where batches broadcast in other ways than one matrix b for all.
 */
export function productOf(a: Operand, b: Operand, attributes: Transposition): Product | undefined {
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
function faster(product: Product): Product | undefined {
  return product.rows > 1 && product.columns > 1 ? product : undefined
}
