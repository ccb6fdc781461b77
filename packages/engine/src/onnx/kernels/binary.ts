import { EngineError } from "../../EngineError.ts"
import type { Graph, Value } from "../Graph.ts"
import { every, type Kernel, type Operand, type Result } from "../Kernel.ts"

/** The shape of two operands broadcast together, numpy's rule. */
export function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1
    const y = b[b.length - rank + i] ?? 1
    if (x !== y && x !== 1 && y !== 1) throw new EngineError(`shapes [${a}] and [${b}] do not broadcast`)
    return x === 1 ? y : x
  })
}

type Emit = (graph: Graph, a: Value, b: Value) => Value

function binary(name: string, types: Result["dtype"][], resultType: "same" | "bool", emit: Emit): Kernel {
  return {
    name,
    inputs: ["a", "b"],
    infer([a, b]: readonly Operand[]) {
      const type = types.find((type) => type === a!.dtype && type === b!.dtype)
      if (type === undefined) return undefined
      return [{ shape: broadcast(a!.shape, b!.shape), dtype: resultType === "bool" ? "bool" : type }]
    },
    emit: (graph, [a, b]) => [emit(graph, a!, b!)]
  }
}

const operator =
  (operator: string): Emit =>
  (graph, a, b) =>
    graph.op(operator, [a, b])
const float: Result["dtype"][] = ["float32"]
const number: Result["dtype"][] = ["float32", "int32"]
const logical: Result["dtype"][] = ["bool"]

export const binaryKernels: readonly Kernel[] = [
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
    infer: (operands) =>
      every(operands, "float32") && operands[0]!.shape.length >= operands[1]!.shape.length
        ? [{ shape: [...operands[0]!.shape], dtype: "float32" }]
        : undefined,
    emit: (graph, values) => [graph.op("PRelu", values)]
  },
  {
    name: "AddN",
    inputs: "list",
    infer: (operands) =>
      every(operands, "float32") ? [{ shape: [...operands[0]!.shape], dtype: "float32" }] : undefined,
    emit: (graph, values) => [graph.op("Sum", values)]
  },
  {
    name: "Select",
    inputs: ["condition", "t", "e"],
    infer([condition, t, e]) {
      const alike = condition!.shape.join() === t!.shape.join() && t!.dtype === e!.dtype
      if (!alike || condition!.dtype !== "bool" || !every([t!], "float32", "int32")) return undefined
      return [{ shape: [...t!.shape], dtype: t!.dtype as Result["dtype"] }]
    },
    emit: (graph, values) => [graph.op("Where", values)]
  }
]
