import type { tf } from "../../tf.ts"
import type { Graph, Value } from "../Graph.ts"
import { every, type Kernel, type Result } from "../Kernel.ts"

type Emit<A> = (graph: Graph, x: Value, attributes: A) => Value

/** A float32 function of each element. */
function unary<A>(name: string, emit: Emit<A>, resultType: Result["dtype"] = "float32"): Kernel<A> {
  return {
    name,
    inputs: ["x"],
    infer: (operands) =>
      every(operands, "float32") ? [{ shape: [...operands[0]!.shape], dtype: resultType }] : undefined,
    emit: (graph, [x], _operands, attributes) => [emit(graph, x!, attributes)]
  }
}

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

export const unaryKernels: readonly Kernel[] = [
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
    infer: (operands) => (every(operands, "bool") ? [{ shape: [...operands[0]!.shape], dtype: "bool" }] : undefined),
    emit: (graph, [x]) => [graph.op("Not", [x!])]
  }
]
