import { type Operand, sizeOf } from "../Kernel.ts"

/** Least `batch x rows x inner x columns` for which rounding and multiplying beats fp32 (measured: even from 2^13 on). */
const leastWork = 2 ** 15

export interface Transposition {
  readonly transposeA: boolean
  readonly transposeB: boolean
}

/** `[batch, rows, inner] x [batch, inner, columns]` */
export interface Product {
  readonly batch: number
  readonly rows: number
  readonly inner: number
  readonly columns: number
  readonly transposeA: boolean
  readonly transposeB: boolean
}

/**
 * The product that two operands make; undefined where it is too small to gain, where extents do not fit (the fp32 kernel says
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
  if (sharedB && !transposeA) return { ...product, batch: 1, rows: batch * rows }
  if (sharedB) return batch === 1 ? product : undefined
  const same = a.shape.length === b.shape.length && a.shape.slice(0, -2).every((extent, i) => extent === b.shape[i])
  return same ? product : undefined
}

function lastTwo(shape: readonly number[], transposed: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number]
  return transposed ? [columns, rows] : [rows, columns]
}
