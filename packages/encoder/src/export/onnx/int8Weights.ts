import type { Value } from "@nuner/engine"
import { once, type Quantised, quantiseRows, roundTo } from "../../files/int8Rows.ts"
import { floatWeights } from "./floatWeights.ts"
import { bytes, read, type Weights, type WeightsSource } from "./Weights.ts"

/**
 * Dynamic quantisation (as onnxruntime's `quantize_dynamic`): activations to unsigned 8 bits by their range at run time, kernels to
 * signed integers with a scale per output, tables with a scale per row; sums, heads and everything else in 32-bit floats.
 *
 * Kernels use 7 of the 8 bits: processors without VNNI add pairs of products in 16 bits, which 8 bits would overflow.
 */
export const int8Weights = ({ graph, parameters }: WeightsSource): Weights => {
  const floats = floatWeights({ graph, parameters }, "float32")
  const quantised = new Map<Value, ReadonlyArray<Value>>()
  /** [8-bit activation, scale, zero point], once for all kernels that read `x`. */
  const quantise = (x: Value): ReadonlyArray<Value> => {
    const known = quantised.get(x) ?? graph.ops("DynamicQuantizeLinear", [x], 3)
    quantised.set(x, known)
    return known
  }
  return {
    ...floats,
    rows: (name, ids) => {
      const [rows, width] = parameters[name]!.shape as [number, number]
      const pair = once(async () => quantiseRows(await read(parameters[name]!), rows, width, 127))
      const table = graph.tensor(`${name}.int8`, "int8", [rows, width], async () => bytes((await pair()).integers))
      const scale = graph.tensor(`${name}.scale`, "float32", [rows, 1], async () => bytes((await pair()).scales))
      const row = graph.cast(graph.op("Gather", [table, ids], { axis: 0 }), "float32")
      return graph.op("Mul", [row, graph.op("Gather", [scale, ids], { axis: 0 })])
    },
    linear: (name, x, bias) => {
      const [inputs, outputs] = parameters[`${name}.weight`]!.shape as [number, number]
      const pair = once(async () => quantiseColumns(await read(parameters[`${name}.weight`]!), inputs, outputs, 63))
      const kernel = graph.tensor(`${name}.weight.int8`, "int8", [inputs, outputs], async () =>
        bytes((await pair()).integers)
      )
      const scale = graph.tensor(`${name}.weight.scale`, "float32", [outputs], async () => bytes((await pair()).scales))
      const [integers, factor, zero] = quantise(x) as [Value, Value, Value]
      const sums = graph.cast(graph.op("MatMulInteger", [integers, kernel, zero]), "float32")
      const product = graph.op("Mul", [sums, graph.op("Mul", [factor, scale])])
      return bias ? graph.op("Add", [product, floats.vector(`${name}.bias`)]) : product
    }
  }
}

/** Symmetric, one scale per column of `[inputs, outputs]`. */
export const quantiseColumns = (values: Float32Array, inputs: number, outputs: number, top: number): Quantised => {
  const scales = new Float32Array(outputs)
  for (let i = 0; i < inputs * outputs; i++) {
    const column = i % outputs
    scales[column] = Math.max(scales[column]!, Math.abs(values[i]!) / top)
  }
  const integers = Int8Array.from(values, (value, i) => roundTo(value, scales[i % outputs]!))
  return { integers, scales }
}
