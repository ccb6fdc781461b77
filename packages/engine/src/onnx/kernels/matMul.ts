import { EngineError } from "../../errors.ts"
import type { OnnxGraph, Value } from "../../graph/OnnxGraph.ts"
import type { tf } from "../../tf.ts"
import { every, type Kernel, type Operand, sizeOf } from "../Kernel.ts"
import { broadcast } from "./elementwise.ts"

const product = (graph: OnnxGraph, a: Value, b: Value, { transposeA, transposeB }: Transposition): Value => {
  if (!transposeA && !transposeB) return graph.op("MatMul", [a, b])
  return graph.op("com.microsoft.FusedMatMul", [a, b], { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 })
}

/** All rows of a by the one matrix b: two-dimensional, where nothing has to be transposed or broadcast on the way. */
const oneProduct = (
  [a, b, ...rest]: ReadonlyArray<Operand>,
  attributes: Transposition
): Array<Array<number>> | undefined => {
  const single = ({ shape }: Operand) => shape.slice(0, -2).every((extent) => extent === 1)
  if (a!.shape.length < 3 || !single(b!) || (attributes.transposeA && !single(a!))) return undefined
  if (rest.some(({ shape }) => shape.length > 1)) return undefined
  const rows = attributes.transposeA ? a!.shape.slice(-2) : [sizeOf(a!.shape) / a!.shape.at(-1)!, a!.shape.at(-1)!]
  const product = productShape(
    [
      { ...a!, shape: rows },
      { ...b!, shape: b!.shape.slice(-2) }
    ],
    attributes
  )
  return [rows, b!.shape.slice(-2), ...rest.map(({ shape }) => [...shape]), product]
}

const batchMatMul: Kernel<tf.BatchMatMulAttrs> = {
  name: "BatchMatMul",
  inputs: ["a", "b"],
  infer: (operands, attributes) =>
    every(operands, "float32") ? [{ shape: productShape(operands, attributes), dtype: "float32" }] : undefined,
  view: oneProduct,
  emit: (graph, [a, b], _operands, attributes) => [product(graph, a!, b!, attributes)]
}

const activations: Record<string, string> = { relu: "Relu", sigmoid: "Sigmoid", elu: "Elu" }

/** tf.fused.matMul: product, bias and activation. */
const fusedMatMul: Kernel<tf._FusedMatMulAttrs> = {
  name: "_FusedMatMul",
  inputs: ["a", "b", "bias?"],
  infer(operands, attributes) {
    const { activation } = attributes
    if (!every(operands, "float32") || (activation && activation !== "linear" && !activations[activation])) {
      return undefined
    }
    return [{ shape: productShape(operands, attributes), dtype: "float32" }]
  },
  view: oneProduct,
  key: ({ transposeA, transposeB, activation }) => `${transposeA},${transposeB},${activation}`,
  emit(graph, [a, b, bias], operands, attributes) {
    const matrices = operands[0]!.shape.length === 2 && operands[1]!.shape.length === 2
    let y: Value
    if (bias !== undefined && matrices && operands[2]!.shape.length <= 1) {
      const { transposeA, transposeB } = attributes
      y = graph.op("Gemm", [a!, b!, bias], { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 })
    } else {
      y = product(graph, a!, b!, attributes)
      if (bias !== undefined) y = graph.op("Add", [y, bias])
    }
    const activation = activations[attributes.activation]
    return [activation ? graph.op(activation, [y]) : y]
  }
}

export const matMulKernels: ReadonlyArray<Kernel> = [batchMatMul, fusedMatMul]

/** Which operands of a product are transposed first. */
export interface Transposition {
  readonly transposeA: boolean
  readonly transposeB: boolean
}

/** `[..., m, k] x [..., k, n] -> [..., m, n]`, either operand transposed first where its attribute says so. */
export const productShape = (
  [a, b]: ReadonlyArray<Operand>,
  { transposeA, transposeB }: Transposition
): Array<number> => {
  const [rows, innerA] = lastTwo(a!.shape, transposeA)
  const [innerB, columns] = lastTwo(b!.shape, transposeB)
  if (innerA !== innerB) throw new EngineError(`inner extents ${innerA} and ${innerB} differ`)
  return [...broadcast(a!.shape.slice(0, -2), b!.shape.slice(0, -2)), rows, columns]
}

/** Rows and columns of an operand as the product sees them. */
export const lastTwo = (shape: ReadonlyArray<number>, transposed: boolean): [number, number] => {
  const [rows, columns] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1]
  return transposed ? [columns, rows] : [rows, columns]
}
