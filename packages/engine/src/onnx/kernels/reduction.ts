import type { Value } from "../../graph/OnnxGraph.ts"
import type { tf } from "../../tf.ts"
import { axesOf, type Kernel, likeFirst, type Result } from "../Kernel.ts"

const reducedShape = (shape: ReadonlyArray<number>, axes: ReadonlyArray<number>, keepDims: boolean): Array<number> =>
  keepDims ? shape.map((extent, i) => (axes.includes(i) ? 1 : extent)) : shape.filter((_, i) => !axes.includes(i))

interface ReductionAttributes {
  readonly axis?: number | Array<number>
  readonly reductionIndices?: number | Array<number>
  readonly keepDims: boolean
}

/** ONNX Runtime's own comparisons skip a NaN or not depending on its place; tfjs makes it the result. */
const propagatesNaN = ["Max", "Min"]

/** Reduces over the attribute `axis`, which tfjs calls `reductionIndices` for Max. */
const reduction = (name: string, operator: string, types: Array<Result["dtype"]>): Kernel<ReductionAttributes> => {
  const axes = ({ axis, reductionIndices }: ReductionAttributes, rank: number) => axesOf(axis ?? reductionIndices, rank)
  return {
    name,
    inputs: ["x"],
    infer([x], attributes) {
      const dtype = types.find((type) => type === x!.dtype)
      if (dtype === undefined) return undefined
      return [{ shape: reducedShape(x!.shape, axes(attributes, x!.shape.length), attributes.keepDims), dtype }]
    },
    emit(graph, [x], operands, attributes) {
      const reduced = axes(attributes, operands[0]!.shape.length)
      if (reduced.length === 0) return [graph.op("Identity", [x!])]
      const reduce = (operator: string, value: Value) =>
        graph.op(operator, [value, graph.int64s(reduced)], { keepdims: attributes.keepDims ? 1 : 0 })
      const result = reduce(operator, x!)
      if (!propagatesNaN.includes(name) || operands[0]!.dtype !== "float32") return [result]
      const anyNaN = reduce("ReduceMax", graph.cast(graph.op("IsNaN", [x!]), "int32"))
      return [graph.op("Where", [graph.cast(anyNaN, "bool"), graph.float(Number.NaN), result])]
    }
  }
}

const argument = (name: "ArgMax" | "ArgMin"): Kernel<tf.ArgMaxAttrs> => ({
  name,
  inputs: ["x"],
  infer: ([x], { axis }) =>
    x!.dtype === "float32"
      ? [{ shape: reducedShape(x!.shape, axesOf(axis, x!.shape.length), false), dtype: "int32" }]
      : undefined,
  emit(graph, [x], operands, { axis }) {
    const never = graph.float(name === "ArgMax" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY)
    const numbers = graph.op("Where", [graph.op("IsNaN", [x!]), never, x!])
    const position = graph.op(name, [numbers], { axis: axesOf(axis, operands[0]!.shape.length)[0]!, keepdims: 0 })
    return [graph.cast(position, "int32")]
  }
})

export const reductionKernels: ReadonlyArray<Kernel> = [
  reduction("Sum", "ReduceSum", ["float32", "int32"]),
  reduction("Mean", "ReduceMean", ["float32"]),
  reduction("Max", "ReduceMax", ["float32", "int32"]),
  reduction("Min", "ReduceMin", ["float32", "int32"]),
  reduction("Prod", "ReduceProd", ["float32", "int32"]),
  argument("ArgMax"),
  argument("ArgMin"),
  {
    name: "Cumsum",
    inputs: ["x"],
    infer: likeFirst,
    emit: (graph, [x], operands, { axis, exclusive, reverse }: tf.CumsumAttrs) => [
      graph.op("CumSum", [x!, graph.int64(axesOf(axis, operands[0]!.shape.length)[0]!)], {
        exclusive: exclusive ? 1 : 0,
        reverse: reverse ? 1 : 0
      })
    ]
  } as Kernel
]
