import { EngineError } from "../../errors.ts"
import type { OnnxGraph, Value } from "../../graph/OnnxGraph.ts"
import type { tf } from "../../tf.ts"
import { every, type Kernel, like, likeFirst, type Operand, type Result } from "../Kernel.ts"

type Emit<A> = (graph: OnnxGraph, x: Value, attributes: A) => Value

/** A float32 function of each element. */
const unary = <A>(name: string, emit: Emit<A>, resultType: Result["dtype"] = "float32"): Kernel<A> => ({
  name,
  inputs: ["x"],
  infer: (operands) => (every(operands, "float32") ? [like(operands[0]!, resultType)] : undefined),
  emit: (graph, [x], _operands, attributes) => [emit(graph, x!, attributes)]
})

/** tfjs kernels that are one ONNX operator of the same or another name. */
const direct = [
  "Abs",
  "Ceil",
  "Cos",
  "Elu",
  "Erf",
  "Exp",
  "Floor",
  "Log",
  "Neg",
  "Reciprocal",
  "Relu",
  "Round",
  "Sigmoid",
  "Sin",
  "Sqrt",
  "Tanh"
].map((name) => unary(name, (g, x) => g.op(name, [x])))

const unaryKernels: ReadonlyArray<Kernel> = [
  ...direct,
  unary("Rsqrt", (g, x) => g.op("Reciprocal", [g.op("Sqrt", [x])])),
  unary("Square", (g, x) => g.op("Mul", [x, x])),
  unary("Relu6", (g, x) => g.op("Clip", [x, g.float(0), g.float(6)])),
  unary<tf.LeakyReluAttrs>("LeakyRelu", (g, x, { alpha }) => g.op("LeakyRelu", [x], { alpha: { float: alpha } })),
  unary<tf.ClipByValueAttrs>("ClipByValue", (g, x, { clipValueMin, clipValueMax }) =>
    g.op("Clip", [x, g.float(clipValueMin), g.float(clipValueMax)])
  ),
  // ONNX's own Sign gives 0 or 1 for NaN depending on the version; tfjs gives 0.
  unary("Sign", (g, x) => {
    const positive = g.cast(g.op("Greater", [x, g.float(0)]), "float32")
    const negative = g.cast(g.op("Less", [x, g.float(0)]), "float32")
    return g.op("Sub", [positive, negative])
  }),
  unary<tf.StepAttrs>("Step", (g, x, { alpha }) => {
    const notPositive = g.op("Where", [g.op("IsNaN", [x]), x, g.float(alpha ?? 0)])
    return g.op("Where", [g.op("Greater", [x, g.float(0)]), g.float(1), notPositive])
  }),
  // max(x, 0) + log1p(exp(-|x|)); ONNX Runtime's own Softplus is one number at a time.
  {
    ...unary("Softplus", (g, x) => {
      const small = g.op("Exp", [g.op("Neg", [g.op("Abs", [x])])])
      const sum = g.op("Add", [small, g.float(1)])
      const lost = g.op("Sub", [small, g.op("Sub", [sum, g.float(1)])])
      const log1p = g.op("Add", [g.op("Log", [sum]), g.op("Div", [lost, sum])])
      return g.op("Add", [g.op("Relu", [x]), log1p])
    }),
    elementwise: true
  },
  unary("IsNan", (g, x) => g.op("IsNaN", [x]), "bool"),
  {
    name: "LogicalNot",
    inputs: ["x"],
    infer: (operands) => (every(operands, "bool") ? [like(operands[0]!, "bool")] : undefined),
    emit: (graph, [x]) => [graph.op("Not", [x!])]
  }
]

/** The shape of two operands broadcast together, numpy's rule. */
export const broadcast = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): Array<number> => {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1
    const y = b[b.length - rank + i] ?? 1
    if (x !== y && x !== 1 && y !== 1) throw new EngineError(`shapes [${a}] and [${b}] do not broadcast`)
    return x === 1 ? y : x
  })
}

type EmitBinary = (graph: OnnxGraph, a: Value, b: Value) => Value

const binary = (
  name: string,
  types: Array<Result["dtype"]>,
  resultType: "same" | "bool",
  emit: EmitBinary
): Kernel => ({
  name,
  inputs: ["a", "b"],
  infer([a, b]: ReadonlyArray<Operand>) {
    const type = types.find((type) => type === a!.dtype && type === b!.dtype)
    if (type === undefined) return undefined
    return [{ shape: broadcast(a!.shape, b!.shape), dtype: resultType === "bool" ? "bool" : type }]
  },
  emit: (graph, [a, b]) => [emit(graph, a!, b!)]
})

const operator =
  (operator: string): EmitBinary =>
  (graph, a, b) =>
    graph.op(operator, [a, b])
const float: Array<Result["dtype"]> = ["float32"]
const number: Array<Result["dtype"]> = ["float32", "int32"]
const logical: Array<Result["dtype"]> = ["bool"]

const binaryKernels: ReadonlyArray<Kernel> = [
  binary("Add", number, "same", operator("Add")),
  binary("Sub", number, "same", operator("Sub")),
  binary("Multiply", number, "same", operator("Mul")),
  binary("Maximum", number, "same", operator("Max")),
  binary("Minimum", number, "same", operator("Min")),
  binary("RealDiv", float, "same", operator("Div")),
  binary("Pow", float, "same", operator("Pow")),
  binary("FloorDiv", float, "same", (g, a, b) => g.op("Floor", [g.op("Div", [a, b])])),
  binary("SquaredDifference", number, "same", (g, a, b) => {
    const difference = g.op("Sub", [a, b])
    return g.op("Mul", [difference, difference])
  }),
  binary("Equal", number, "bool", operator("Equal")),
  binary("NotEqual", number, "bool", (g, a, b) => g.op("Not", [g.op("Equal", [a, b])])),
  binary("Greater", number, "bool", operator("Greater")),
  binary("GreaterEqual", number, "bool", operator("GreaterOrEqual")),
  binary("Less", number, "bool", operator("Less")),
  binary("LessEqual", number, "bool", operator("LessOrEqual")),
  binary("LogicalAnd", logical, "bool", operator("And")),
  binary("LogicalOr", logical, "bool", operator("Or")),
  {
    name: "Prelu",
    inputs: ["x", "alpha"],
    infer: (operands) => (operands[0]!.shape.length >= operands[1]!.shape.length ? likeFirst(operands) : undefined),
    emit: (graph, values) => [graph.op("PRelu", values)]
  },
  {
    name: "AddN",
    inputs: "list",
    infer: likeFirst,
    // ONNX Runtime's own sum of more than two works on one thread.
    emit: (graph, [first, ...rest]) => [
      rest.reduce((sum, value) => graph.op("Add", [sum, value]), graph.op("Identity", [first!]))
    ]
  },
  {
    name: "Select",
    inputs: ["condition", "t", "e"],
    infer([condition, t, e]) {
      const alike = condition!.shape.join() === t!.shape.join() && t!.dtype === e!.dtype
      if (!alike || condition!.dtype !== "bool" || !every([t!], "float32", "int32")) return undefined
      return [like(t!, t!.dtype as Result["dtype"])]
    },
    emit: (graph, values) => [graph.op("Where", values)]
  }
]

const fromEnd = (axis: number, { shape }: Operand) => (axis < 0 ? axis : axis - shape.length)

const softmax: Kernel<tf.SoftmaxAttrs> = {
  name: "Softmax",
  inputs: ["logits"],
  infer: likeFirst,
  emit: (graph, values, [x], { dim }) => [graph.op("Softmax", values, { axis: fromEnd(dim, x!) })]
}

const logSoftmax: Kernel<tf.LogSoftmaxAttrs> = {
  name: "LogSoftmax",
  inputs: ["logits"],
  infer: likeFirst,
  emit: (graph, values, [x], { axis }) => [graph.op("LogSoftmax", values, { axis: fromEnd(axis, x!) })]
}

export const elementwiseKernels: ReadonlyArray<Kernel> = [...unaryKernels, ...binaryKernels, softmax, logSoftmax]
