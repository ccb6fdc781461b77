import type { Value } from "@nuner/engine"
import { checkRange } from "../../files/tensorSource.ts"
import { bytes, read, type Weights, type WeightsSource } from "./Weights.ts"

/** Weights as they are, or rounded to 16 bits. */
export const floatWeights = ({ graph, parameters }: WeightsSource, float: "float32" | "float16"): Weights => {
  const tensor = (name: string): Value => {
    if (graph.initializers.has(name)) return name
    const parameter = parameters[name]!
    const shape = parameter.transposed ? parameter.shape.toReversed() : parameter.shape
    return graph.tensor(name, float, shape, async () => {
      const half = float === "float16"
      const values = checkRange("exportOnnx", name, await read(parameter), half ? "F16" : "F32")
      return bytes(half ? new Float16Array(values) : values)
    })
  }
  const linear = (name: string, x: Value, bias: boolean): Value => {
    const stored = tensor(`${name}.weight`)
    const kernel = parameters[stored]!.transposed ? graph.op("Transpose", [stored], { perm: [1, 0] }) : stored
    const product = graph.op("MatMul", [x, kernel])
    return bias ? graph.op("Add", [product, tensor(`${name}.bias`)]) : product
  }
  return {
    ...{ float, vector: tensor, linear },
    rows: (name, ids) => graph.op("Gather", [tensor(name), ids], { axis: 0 }),
    head: (name, x) => linear(name, x, true)
  }
}
