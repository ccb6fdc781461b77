import { EngineError } from "../../EngineError.ts"
import type { Operand } from "../Kernel.ts"
import { broadcast } from "./binary.ts"

/** Which operands of a product are transposed first. */
export interface Transposition {
  readonly transposeA: boolean
  readonly transposeB: boolean
}

/** `[..., m, k] x [..., k, n] -> [..., m, n]`, either operand transposed first where its attribute says so. */
export function productShape([a, b]: readonly Operand[], { transposeA, transposeB }: Transposition): number[] {
  const [rows, innerA] = lastTwo(a!.shape, transposeA)
  const [innerB, columns] = lastTwo(b!.shape, transposeB)
  if (innerA !== innerB) throw new EngineError(`inner extents ${innerA} and ${innerB} differ`)
  return [...broadcast(a!.shape.slice(0, -2), b!.shape.slice(0, -2)), rows, columns]
}

/** Rows and columns of an operand as the product sees them. */
export function lastTwo(shape: readonly number[], transposed: boolean): [number, number] {
  const [rows, columns] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1]
  return transposed ? [columns, rows] : [rows, columns]
}
